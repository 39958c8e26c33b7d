"""Lookups in batches: what shares a statement, and what happens at the bounds and while a table is locked."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from hello.bootstrap.connectors import lookups_of
from hello.connectors.postgres.batches import open_batches
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.items import NEAR
from hello.connectors.postgres.watched_statements import BatchWatch
from hello.core.batching import Bounds, Measure
from hello.entities.errors import BusyError, UnavailableError
from hello.entities.items import ItemView
from hello.services.lookups import ItemPageKey, Lookup, OrderPageKey
from tests.contracts.connectors.postgres.lookup_tools import all_of

pytestmark = [
    pytest.mark.integrated,
    pytest.mark.parametrize("transaction_pooling", [False, True], ids=["sessions", "transactions"]),
]


@pytest.fixture
async def pool(database: Database, *, transaction_pooling: bool) -> AsyncIterator[AsyncEngine]:
    async with open_engine(replace(database, transaction_pooling=transaction_pooling)) as pool:
        yield pool


async def test_calls_that_arrive_together_share_statements(
    pool: AsyncEngine, *, transaction_pooling: bool
) -> None:
    sizes: dict[str, list[int]] = {}

    def measure(name: str) -> Measure:
        return lambda size, _: sizes.setdefault(name, []).append(size)

    watch = BatchWatch(measure=measure)
    opening = open_batches(pool, Bounds(), 1, transaction_pooling=transaction_pooling, watch=watch)
    async with opening as batches:
        lookups, unknown = lookups_of(batches), [uuid7() for _ in range(100)]
        await asyncio.gather(
            all_of(lookups.accounts, unknown),
            all_of(lookups.items, unknown),
            all_of(lookups.item_pages, [ItemPageKey(skip, 1) for skip in (0, 0, 1, NEAR + 1, NEAR + 2)]),
            all_of(lookups.orders, unknown),
            all_of(lookups.order_pages, [OrderPageKey(one, None, None, 1) for one in unknown]),
        )
    assert sizes == {
        "accounts": [100],
        "items": [100],
        "item_pages": [2],
        "far_item_pages": [2],
        "orders": [100],
        "order_pages": [20] * 5,
    }


@pytest.mark.parametrize("kind", ["accounts", "items", "orders"])
async def test_calls_above_the_waiting_bound_are_busy(
    pool: AsyncEngine, kind: str, *, transaction_pooling: bool
) -> None:
    opening = open_batches(pool, Bounds(waiting=10), 1, transaction_pooling=transaction_pooling)
    async with opening as batches:
        lookup, errors = getattr(lookups_of(batches), kind), asyncio.Queue[Exception | None]()
        for _ in range(11):
            lookup.find_nowait(uuid7(), lambda _, error: errors.put_nowait(error))
        with pytest.raises(BusyError):
            await lookup.find(uuid7())
        answers = [type(await asyncio.wait_for(errors.get(), 5)) for _ in range(11)]
    assert answers == [BusyError, *[type(None)] * 10]


async def test_locked_table_is_unavailable_until_it_is_unlocked(
    pool: AsyncEngine, engine: AsyncEngine, *, transaction_pooling: bool
) -> None:
    bounds = Bounds(deadline_s=0.5)
    async with open_batches(pool, bounds, 1, transaction_pooling=transaction_pooling) as batches:
        items = lookups_of(batches).items
        async with engine.begin() as locker:
            await locker.execute(text("LOCK TABLE items IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(UnavailableError) as raised:
                await items.find(uuid7())
            with pytest.raises(UnavailableError):
                await raised_nowait(items)
        assert await items.find(uuid7()) is None
    assert raised.value.reason == "no answer in time"


async def raised_nowait(items: Lookup[UUID, ItemView]) -> None:
    errors = asyncio.Queue[Exception | None]()
    items.find_nowait(uuid7(), lambda _, error: errors.put_nowait(error))
    if error := await asyncio.wait_for(errors.get(), 5):
        raise error
