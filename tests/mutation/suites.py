"""What is broken, and which tests have to notice: one suite without I/O, one on a real PostgreSQL."""

from dataclasses import dataclass

UNRELATED = ("asyncapi", "embedded", "large", "openapi", "supervisor", "uvicorn_internals")
SLOW = "tests/unit/test_birthday_lists.py::test_pages_lead_through_the_coming_days"
"""Ten seconds, for functions that quick tests cover too."""

ON_POSTGRES = (
    *(f"tests/contracts/test_{name}.py" for name in ("accounts", "announcements", "audit", "births")),
    "tests/contracts/test_calendar_feeds.py",
    *(
        f"tests/contracts/test_{name}.py"
        for name in ("event_stores", "items", "orders", "people", "sessions")
    ),
    *(f"tests/integrated/test_{name}.py" for name in ("catalogue", "catalogue_races", "inbox", "listener")),
    *(f"tests/integrated/test_{name}.py" for name in ("orders", "postgres", "saves", "shards", "turns")),
    *(
        f"tests/integrated/test_{name}.py"
        for name in ("fault_reasons", "unknown_outcomes", "relay", "account_deletion")
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """`minutes` bounds the mutants, `sample` how many of them are tried (0: all)."""

    name: str
    mutated: tuple[str, ...]
    tests: tuple[str, ...]
    minutes: float
    sample: int = 0
    needs_postgres: bool = False

    def holds(self, only: str) -> bool:
        """Say whether it breaks anything within the module or package."""
        return any(path.startswith(only) or only.startswith(path) for path in self.mutated)


SUITES = (
    Suite(
        name="unit",
        mutated=("src/hello/services/", "src/hello/entities/", "src/hello/core/batching.py"),
        tests=(
            "tests/unit",
            *(f"--ignore=tests/unit/test_{name}.py" for name in UNRELATED),
            f"--deselect={SLOW}",
        ),
        minutes=10,
    ),
    Suite(
        name="postgres",
        mutated=("src/hello/connectors/postgres/",),
        tests=(*ON_POSTGRES, "-m", "integrated and not faults"),
        minutes=5,
        sample=150,
        needs_postgres=True,
    ),
)
