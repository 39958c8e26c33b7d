"""A folder for each suite, in which mutmut breaks copies; it stays, so that a run goes on where one ended."""

import json
import shutil
import tomllib
from pathlib import Path

from tests.mutation.suites import Suite
from tests.support.paths import REPOSITORY

CACHE = REPOSITORY / ".mutation"
COPIED = ("migrations", "docs", "README.md", ".env.example", "docker-compose.yml", "alembic.ini")
OPTIONS = "--strict-markers --strict-config -p no:cacheprovider -n 0"


def folder_of(suite: Suite, *, fresh: bool) -> Path:
    folder = CACHE / suite.name
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    for name in ("src", "tests", *COPIED):
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(REPOSITORY / name)
    (folder / "pyproject.toml").write_text(settings(suite))
    return folder


def settings(suite: Suite) -> str:
    """Return the project's settings of pytest, and what mutmut needs to know."""
    project = (REPOSITORY / "pyproject.toml").read_text()
    addopts = tomllib.loads(project)["tool"]["pytest"]["ini_options"]["addopts"]
    return project.replace(addopts, OPTIONS) + "\n[tool.mutmut]\n" + "\n".join(lines(suite)) + "\n"


def lines(suite: Suite) -> list[str]:
    values = {
        "source_paths": ["src"],
        "only_mutate": [f"{path.removesuffix('.py')}*" for path in suite.mutated],
        "do_not_mutate": ["*/ports.py", "*/event_ports.py", "*/migrate.py"],
        "do_not_mutate_patterns": [r"^\s*log\.\w+\("],
        "also_copy": list(COPIED),
        "pytest_add_cli_args": ["-W", "ignore::pytest.PytestAssertRewriteWarning"],
        "pytest_add_cli_args_test_selection": list(suite.tests),
        "timeout_constant": 1.0,
        "timeout_multiplier": 3.0,
        "use_git_change_detection": False,
        "on_dependency_change": "ignore",
    }
    return [f"{name} = {json.dumps(value)}" for name, value in values.items()]
