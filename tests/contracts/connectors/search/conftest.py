"""Indexes that keep the promises of the port `ItemIndex`: the twin and PostgreSQL."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.item_index import PostgresItemIndex
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from tests.support.searching import SearchedItems
from tests.twins.search import TwinItemIndex
from tests.twins.transaction import TwinUnitOfWork


@pytest.fixture
def on_twin(twin: TwinUnitOfWork) -> SearchedItems:
    return SearchedItems(twin.begin, TwinItemIndex(twin))


@pytest.fixture
def on_postgres(engine: AsyncEngine, unit_of_work: PostgresUnitOfWork) -> SearchedItems:
    return SearchedItems(unit_of_work.begin, PostgresItemIndex.of(engine, 5))


@pytest.fixture(params=["on_twin", pytest.param("on_postgres", marks=pytest.mark.integrated)])
def nothing_put(request: pytest.FixtureRequest) -> SearchedItems:
    items: SearchedItems = request.getfixturevalue(request.param)
    return items


@pytest.fixture
async def items(nothing_put: SearchedItems) -> SearchedItems:
    """Nothing but what the test puts there, as searches are for items of its own owner."""
    await nothing_put.register()
    return nothing_put
