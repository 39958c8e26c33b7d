"""The server that `make test_search` names, for the tests of this folder."""

import os
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.search.engine import Engine, running_engine
from tests.search.indexes import Indexes, open_indexes

SOON_S = 10


@pytest.fixture(scope="session")
def engine_name() -> str:
    return os.environ.get("TEST_SEARCH_ENGINE", "elasticsearch")


@pytest.fixture(scope="session")
def engine(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One that tests may kill: not the one that others may be using at TEST_SEARCH_URL."""
    with running_engine(engine_name, tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture
def client(engine: Engine) -> Iterator[httpx.Client]:
    """Ask a server without the indices of other tests."""
    with httpx.Client(base_url=engine.url, timeout=SOON_S, trust_env=False) as client:
        assert client.delete("/items", params={"ignore_unavailable": "true"}).is_success
        yield client


@pytest.fixture(scope="session")
def search_url(request: pytest.FixtureRequest) -> str:
    """A server for tests that harm nothing but their own indexes."""
    if given := os.environ.get("TEST_SEARCH_URL"):
        return given
    engine: Engine = request.getfixturevalue("engine")
    return engine.url


@pytest.fixture
async def indexes(search_url: str) -> AsyncIterator[Indexes]:
    async with open_indexes(search_url) as indexes:
        yield indexes
