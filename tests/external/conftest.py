"""The service as its users meet it: a running server, reached over HTTP."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from hello.entrypoints.children import read_connections
from tests.support.http.accounts import LoggedIn, signed_up
from tests.support.http.orders import OrderClient, open_order_client, open_pair
from tests.support.http.running import Running, running_api, running_hello, started

QUICK = {"ORDER_CONFIRM_DELAY_S": "0.1", "ORDER_SHIP_DELAY_S": "0.1"}
FAST_PATH = ["BASE_URL"] if "BASE_URL" in os.environ else ["on", "off"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With BASE_URL, keep the tests of that server: all others start processes of their own."""
    if "BASE_URL" in os.environ:
        elsewhere = [item for item in items if "base_url" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]


@pytest.fixture(scope="session")
def hello_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hello")


@pytest.fixture(scope="session")
def url_with_fast_path(hello_dir: Path) -> Iterator[str]:
    """`hello run`, started once for all modules."""
    with running_hello(hello_dir, FAST_PATH="on", **QUICK) as hello:
        yield hello.url


@pytest.fixture(scope="session")
def url_without_fast_path(hello_dir: Path, url_with_fast_path: str) -> Iterator[str]:
    """An API without the fast path, on the same PostgreSQL and Valkey."""
    assert url_with_fast_path
    environment = {name.upper(): url for name, url in read_connections(hello_dir).items()}
    with started("api", "--port", "0", environment=environment | {"FAST_PATH": "off"}) as api:
        yield api.url


@pytest.fixture(scope="session", params=FAST_PATH, ids=lambda fast_path: f"fast path {fast_path}")
def base_url(request: pytest.FixtureRequest) -> str:
    """BASE_URL, else a server with the fast path and one without."""
    if given := os.environ.get("BASE_URL"):
        return given
    return str(
        request.getfixturevalue("url_with_fast_path" if request.param == "on" else "url_without_fast_path")
    )


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, timeout=10) as client:
        yield client


@pytest.fixture(scope="module")
def ada(client: httpx.Client) -> LoggedIn:
    """An account for the tests of one module, which leave it as it is."""
    return signed_up(client)


@pytest.fixture(scope="module")
def grace(client: httpx.Client) -> LoggedIn:
    """Somebody else."""
    return signed_up(client)


@pytest.fixture(scope="session")
def unlimited(servers: Servers) -> Iterator[list[httpx.Client]]:
    """Clients of two processes without limits, once for all modules."""
    with open_pair(servers) as pair:
        yield pair


@pytest.fixture(scope="module")
def order_client(unlimited: list[httpx.Client]) -> OrderClient:
    """Accounts and an item of one module's own."""
    return open_order_client(*unlimited)


@pytest.fixture
def api(servers: Servers) -> Iterator[Running]:
    """An API process of the test's own, beside the servers of this test process."""
    with running_api(servers) as api:
        yield api
