"""The layers hold, and the check of them would notice if they did not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from grimp import build_graph

from tests.support.paths import REPOSITORY

pytestmark = pytest.mark.integrated
CORE_LIBRARIES = {"orjson", "pydantic", "pydantic_core", "pydantic_settings", "structlog", "tenacity"}
LINT = (sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "src" / "hello", tmp_path / "hello")
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_layer_contracts_hold(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


def test_a_command_imports_nothing_that_only_servers_need() -> None:
    """It would take half as long again."""
    servers_only = {"faststream", "fastapi", "redis", "uvicorn"}
    assert not servers_only & imported_with("hello.entrypoints.cli.service")


def test_a_command_of_the_client_imports_nothing_of_the_service() -> None:
    """They start in a third of the time."""
    imported = imported_with("hello.entrypoints.cli.client.commands")
    assert not {"fastapi", "pydantic_settings", "sqlalchemy", "starlette", "structlog"} & imported
    layers = ("bootstrap", "connectors", "core", "entities", "interface", "services")
    assert not {f"hello.{layer}" for layer in layers} & imported


def imported_with(module: str) -> set[str]:
    program = f"import hello.entrypoints.cli.main, {module}, sys; print(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


def libraries_of(package: str) -> set[str]:
    """Return what the modules of the package import, but for the standard library and `hello`."""
    graph = build_graph("hello", include_external_packages=True, cache_dir=None)
    modules = {package, *graph.find_descendants(package)}
    imported = {name for module in modules for name in graph.find_modules_directly_imported_by(module)}
    return {name.partition(".")[0] for name in imported} - set(sys.stdlib_module_names) - {"hello"}


def test_core_imports_only_small_libraries() -> None:
    assert libraries_of("hello.core") == CORE_LIBRARIES
    assert "sqlalchemy" in libraries_of("hello.entities")


@pytest.mark.parametrize(
    ("module", "planted", "contract"),
    [
        ("bootstrap/settings.py", "import hello.entrypoints.cli.main", "each layer imports only"),
        ("connectors/redis/client.py", "import hello.interface.dates", "each layer imports only"),
        ("core/clock.py", "import hello.entities.people", "each layer imports only"),
        ("core/clock.py", "import sqlalchemy", "core imports no framework"),
        ("services/people.py", "import sqlalchemy", "services import no framework"),
        ("services/people.py", "import opentelemetry", "services import no framework"),
        ("entities/people.py", "import fastapi", "entities import only the mapper"),
        ("interface/dates.py", "import asyncpg", "the interface imports no driver"),
        ("connectors/redis/client.py", "import fastapi", "connectors import no web framework"),
    ],
)
def test_planted_violation_breaks_its_contract(copy: Path, module: str, planted: str, contract: str) -> None:
    with (copy / "hello" / module).open("a") as source:
        source.write(f"\n{planted}\n")
    result = lint(copy)
    assert result.returncode == 1
    assert any(contract in line and "BROKEN" in line for line in result.stdout.splitlines())
