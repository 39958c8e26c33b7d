"""A search server for tests: one that they may kill, and the one of TEST_SEARCH_URL for all others."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.search.engine import Engine, running_engine
from tests.search.indexes import Indexes, open_indexes

NAME = os.environ.get("TEST_SEARCH_ENGINE", "elasticsearch")


@pytest.fixture(scope="session")
def own_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Whichever test kills or freezes it brings it back."""
    with running_engine(NAME, tmp_path_factory.mktemp("own-engine")) as engine:
        yield engine


@pytest.fixture(scope="session")
def search_url(request: pytest.FixtureRequest) -> str:
    """A server for tests that harm nothing but their own indexes."""
    if given := os.environ.get("TEST_SEARCH_URL"):
        return given
    engine: Engine = request.getfixturevalue("own_engine")
    return engine.url


@pytest.fixture
async def indexes(search_url: str) -> AsyncIterator[Indexes]:
    async with open_indexes(search_url) as indexes:
        yield indexes
