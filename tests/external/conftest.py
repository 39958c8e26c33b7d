"""The service as its users meet it: a running server, reached over HTTP."""

import os
from collections.abc import Iterator

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.external.accounts import LoggedIn, signed_up
from tests.external.running import Running, running_api, running_hello

LANES = ["BASE_URL"] if "BASE_URL" in os.environ else ["on", "off"]


@pytest.fixture(scope="session", params=LANES, ids=lambda lane: f"lane {lane}")
def base_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """BASE_URL, else a server started by `hello run`, with and without the greeting lane."""
    if given := os.environ.get("BASE_URL"):
        yield given
        return
    with running_hello(tmp_path_factory.mktemp("hello"), GREETING_LANE=request.param) as hello:
        yield hello.url


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


@pytest.fixture
def api(servers: Servers) -> Iterator[Running]:
    """An API process of the test's own, beside the servers of this test process."""
    with running_api(servers) as api:
        yield api
