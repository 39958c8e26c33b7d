"""What is broken, and which tests have to notice: one suite without I/O, one on a real PostgreSQL."""

from dataclasses import dataclass

UNRELATED = (
    "bootstrap/test_asyncapi.py",
    "bootstrap/test_telemetry.py",
    "connectors/embedded",
    "connectors/test_prometheus.py",
    "docs",
    "entrypoints/test_supervisor.py",
    "interface/http/serving/test_metrics.py",
    "interface/http/serving/test_uvicorn_internals.py",
    "interface/http/test_large.py",
    "interface/http/test_openapi.py",
)
"""What needs an installed package or more of the repository than the copy that is broken."""
SLOW = "tests/unit/services/test_birthday_lists.py::test_pages_lead_through_the_coming_days"
"""Ten seconds, for functions that quick tests cover too."""

ON_POSTGRES = (
    "tests/unit/connectors/postgres",
    "tests/contracts/connectors/postgres",
    "tests/contracts/connectors/search",
    *(
        f"tests/integrated/connectors/postgres/test_{name}.py"
        for name in (
            "advisory_locks",
            "batches",
            "engine",
            "fault_reasons",
            "listener",
            "locks",
            "order_store",
            "people_saves",
            "people_plans",
            "prepared_statements",
            "search_words",
            "shards",
            "unknown_outcomes",
        )
    ),
    *(
        f"tests/integrated/services/test_{name}.py"
        for name in (
            "account_deletion",
            "catalogue_races",
            "catalogue_statements",
            "consumers",
            "lookup_histories",
            "orders",
            "relay",
        )
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
            *(f"--ignore=tests/unit/{name}" for name in UNRELATED),
            f"--deselect={SLOW}",
        ),
        minutes=10,
    ),
    Suite(
        name="postgres",
        mutated=("src/hello/connectors/postgres/",),
        tests=(*ON_POSTGRES, "-m", "not faults and not search"),
        minutes=5,
        sample=150,
        needs_postgres=True,
    ),
)
