"""Indexes that keep the promises of the port `ItemIndex`: the twin, PostgreSQL and a search server."""

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.batches import open_batches
from hello.connectors.postgres.item_index import item_index
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.connectors.search.item_index import EngineItemIndex
from hello.core.batching import Bounds
from tests.search.indexes import Indexes, open_indexes
from tests.support.searching import SearchedItems
from tests.twins.search import TwinItemIndex
from tests.twins.transaction import TwinUnitOfWork

if TYPE_CHECKING:
    from uuid import UUID


@pytest.fixture
def on_twin(twin: TwinUnitOfWork) -> SearchedItems:
    return SearchedItems(twin.begin, TwinItemIndex(twin))


@pytest.fixture
async def on_postgres(engine: AsyncEngine, unit_of_work: PostgresUnitOfWork) -> AsyncIterator[SearchedItems]:
    async with open_batches(engine, Bounds(deadline_s=5), 2) as batches:
        yield SearchedItems(unit_of_work.begin, item_index(batches))


@pytest.fixture(scope="session")
async def indexes() -> AsyncIterator[Indexes]:
    """The indexes on the server of `make test_search`."""
    async with open_indexes(os.environ["TEST_SEARCH_URL"]) as indexes:
        await indexes.build()
        yield indexes


@pytest.fixture
def on_engine(twin: TwinUnitOfWork, indexes: Indexes) -> SearchedItems:
    written: set[UUID] = set()

    async def settle() -> None:
        """Write what the twin has, as the worker would; it does not hurt to write it again."""
        rows = twin.stored.items.rows
        await indexes.writer.put(rows.values())
        await indexes.writer.remove(written - rows.keys())
        written.update(rows)
        await indexes.client.client.indices.refresh(index=indexes.alias)

    return SearchedItems(twin.begin, EngineItemIndex(indexes.client), settle)


@pytest.fixture(
    params=[
        "on_twin",
        pytest.param("on_postgres", marks=pytest.mark.integrated),
        pytest.param("on_engine", marks=pytest.mark.search),
    ]
)
def nothing_put(request: pytest.FixtureRequest) -> SearchedItems:
    items: SearchedItems = request.getfixturevalue(request.param)
    return items


@pytest.fixture
async def items(nothing_put: SearchedItems) -> SearchedItems:
    """Nothing but what the test puts there, as searches are for items of its own owner."""
    await nothing_put.register()
    return nothing_put
