"""During a rollout the previous release runs on the new schema, and the new release waits for it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from hello.connectors.postgres.schema import migrations_folder, newest_revision
from tests.support.http.running import HELLO, places, started
from tests.support.paths import REPOSITORY
from tests.support.polling import until
from tests.support.servers import temporary_servers

pytestmark = [pytest.mark.external, pytest.mark.upgrade, pytest.mark.timeout(900)]
PREVIOUS = "5560374"
"""A commit of the release before the newest migration."""
SETTINGS = {
    "ORDER_CONFIRM_DELAY_S": "0.1",
    "ORDER_SHIP_DELAY_S": "0.1",
    "RATE_LIMIT_ACCOUNTS": "off",
}
READY = "/api/v1/health/ready"


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Check out the previous release; its history must be here, so a shallow clone is not enough."""
    folder = tmp_path_factory.mktemp("previous")
    archive = [
        "git",
        "-C",
        str(REPOSITORY),
        "archive",
        PREVIOUS,
        "src",
        "migrations",
        "tests",
        "pyproject.toml",
    ]
    files = subprocess.run(archive, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], check=True, input=files)
    return folder


@pytest.fixture
def servers(tmp_path: Path, previous: Path) -> Iterator[Servers]:
    """A database with the schema of the previous release."""
    with temporary_servers(tmp_path) as servers:
        migrate(servers, running_from(previous))
        yield servers


def running_from(folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{folder / 'src'}:{folder}"}


def migrate(servers: Servers, environment: dict[str, str]) -> None:
    variables = os.environ | places(servers) | environment
    subprocess.run([*HELLO, "migrate"], env=variables, check=True, stdout=subprocess.DEVNULL)


def schema_needed(folder: Path) -> str:
    return newest_revision(folder / "migrations")


def test_previous_release_passes_its_own_tests_on_the_new_schema(servers: Servers, previous: Path) -> None:
    assert schema_needed(previous) < newest_revision(migrations_folder())
    environment = SETTINGS | places(servers) | running_from(previous)
    with ExitStack() as stack:
        api = stack.enter_context(started("api", "--port", "0", environment=environment))
        stack.enter_context(started("worker", "--port", "0", environment=environment))
        migrate(servers, {})
        suite = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/external"]
        variables = os.environ | running_from(previous) | {"BASE_URL": api.url}
        done = subprocess.run(suite, cwd=previous, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    assert " passed" in done.stdout


def test_new_release_is_unready_until_the_schema_is_new(servers: Servers) -> None:
    with started("api", "--port", "0", environment=SETTINGS | places(servers)) as api:
        answer = httpx.get(f"{api.url}{READY}")
        assert answer.status_code == 503
        assert "schema" in answer.text
        migrate(servers, {})
        until(lambda: httpx.get(f"{api.url}{READY}").status_code == 200)
