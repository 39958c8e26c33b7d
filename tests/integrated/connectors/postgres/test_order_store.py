"""New orders in PostgreSQL: their rows, and processes that use the same keys at the same time."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from hello.connectors.postgres.batches import open_batches
from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.order_store import order_store
from hello.connectors.postgres.prepared_statements import BatchStatement, SqlFor
from hello.connectors.postgres.watched_statements import BatchWatch, MakeStatement
from hello.core.batching import Bounds
from hello.entities.errors import ConflictError
from hello.entities.events import shard_of
from hello.entities.orders import LineView
from hello.services.idempotency import IdempotentRequest
from hello.services.order_creation import CreationKey, NewOrder, OrderStore, WantedOrder
from hello.services.security import Caller
from tests.support.builders import NOON, a_name
from tests.support.order_stores import (
    FINGERPRINT,
    LOCK_TIMEOUT_S,
    OrderShop,
    a_new_order,
    creation_of,
    open_shop,
    wanted,
)
from tests.support.orders import CONFIRM_DELAY, a_request, of, rendered
from tests.twins.traces import RECORDED
from tests.twins.transaction import TwinBus

pytestmark = [
    pytest.mark.integrated,
    pytest.mark.parametrize("transaction_pooling", [False, True], ids=["sessions", "transactions"]),
]
ROUNDS, KEYS = 20, 30
ROWS = (
    """SELECT customer_id, status, recipient, total_cents, version, due_at, created_at, updated_at,
        traceparent FROM orders WHERE id = :id""",
    """SELECT position, item_id, title, unit_price_cents, quantity FROM order_lines
        WHERE order_id = :id ORDER BY position""",
    "SELECT version, status, at FROM order_history WHERE order_id = :id",
    "SELECT account_id, key, fingerprint, answer, created_at FROM idempotency_keys WHERE order_id = :id",
)
EVENT = """SELECT shard, event_id, type, time, traceparent, data FROM outbox
    WHERE subject = CAST(CAST(:id AS uuid) AS text)"""
HOLD_KEY = """INSERT INTO idempotency_keys (account_id, key, fingerprint, order_id, answer, created_at)
    VALUES (:account_id, :key, :fingerprint, :order_id, :answer, now())"""


@pytest.fixture
async def shop(database: Database, *, transaction_pooling: bool) -> AsyncIterator[OrderShop]:
    async with open_shop(replace(database, transaction_pooling=transaction_pooling)) as shop:
        yield shop


@pytest.fixture
async def other(database: Database, *, transaction_pooling: bool) -> AsyncIterator[OrderShop]:
    """Another process."""
    async with open_shop(replace(database, transaction_pooling=transaction_pooling)) as other:
        yield other


@pytest.fixture
async def ada(shop: OrderShop) -> Caller:
    return await shop.use_cases().somebody()


@pytest.fixture
async def kite(shop: OrderShop, ada: Caller) -> UUID:
    return await shop.use_cases().item(ada)


async def rows(engine: AsyncEngine, query: str, order_id: UUID) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query), {"id": order_id})]


async def test_all_rows_of_an_order_are_stored(shop: OrderShop, engine: AsyncEngine, ada: Caller) -> None:
    lines = [LineView(uuid7(), "A kite", 1999, 2), LineView(uuid7(), "Ein \u201eDrachen\u201c\n", 0, 1000)]
    plain = a_new_order(ada.account_id)
    new = replace(a_new_order(ada.account_id, a_name(), lines), traceparent=RECORDED)
    await shop.store.add([plain, new])
    assert new.once
    order_id, due = new.order.id, NOON + CONFIRM_DELAY
    found = [await rows(engine, query, order_id) for query in ROWS]
    assert found == [
        [(ada.account_id, "CREATED", None, 3998, 1, due, NOON, NOON, RECORDED)],
        [(position, *line) for position, line in enumerate(lines)],
        [(1, "CREATED", NOON)],
        [(ada.account_id, new.once.key, FINGERPRINT, new.answer, NOON)],
    ]


async def test_event_in_the_outbox_has_what_is_answered(
    shop: OrderShop, engine: AsyncEngine, ada: Caller
) -> None:
    orders = [replace(a_new_order(ada.account_id, a_name()), traceparent=RECORDED)]
    orders.append(a_new_order(ada.account_id))
    await shop.store.add(orders)
    for new in orders:
        own_id = str(new.order.id)
        query = (
            "SELECT shard, event_id, type, time, traceparent, data FROM outbox WHERE subject = (:id)::text"
        )
        [row] = await rows(engine, query, own_id)  # type: ignore[arg-type]
        assert row[:-1] == (shard_of(own_id), f"{own_id}-1", "order.created", NOON, new.traceparent)
        assert row[-1] == json.loads(new.answer)


async def test_nothing_is_left_of_an_order_whose_key_is_used(
    shop: OrderShop, engine: AsyncEngine, ada: Caller
) -> None:
    first, second = (a_new_order(ada.account_id, "key") for _ in range(2))
    await shop.store.add([first])
    await shop.store.add([second, a_new_order(ada.account_id)])
    for table in ("orders WHERE id", "order_lines WHERE order_id", "order_history WHERE order_id"):
        for new, number in ((first, 1), (second, 0)):
            query = f"SELECT 1 FROM {table} = :id"  # noqa: S608
            assert len(await rows(engine, query, new.order.id)) == number
    assert not await rows(engine, EVENT, second.order.id)


async def test_processes_that_store_the_same_keys_do_not_deadlock(
    shop: OrderShop, other: OrderShop, ada: Caller
) -> None:
    """They have them in opposite order, and each key is one order afterwards."""
    for number in range(ROUNDS):
        names = [f"{number} {key}" for key in range(KEYS)]
        forward = [a_new_order(ada.account_id, name) for name in names]
        backward = [a_new_order(ada.account_id, name) for name in reversed(names)]
        stored = await asyncio.gather(shop.store.add(forward), other.store.add(backward))
        both = set(stored[0]) | set(stored[1])
        assert len(both) == len(stored[0]) + len(stored[1]) == KEYS
        answers = await shop.store.answers([(ada.account_id, name) for name in names])
        assert {one.answer for one in answers.values()} == answers_of(both, forward + backward)


def answers_of(order_ids: set[UUID], orders: Sequence[NewOrder]) -> set[bytes]:
    return {new.answer for new in orders if new.order.id in order_ids}


async def test_processes_answer_a_key_alike(
    shop: OrderShop, other: OrderShop, ada: Caller, kite: UUID
) -> None:
    requests = [wanted(ada, kite, once=a_request(ada, a_name())) for _ in range(KEYS)]
    answers = await asyncio.gather(
        *(shop.creation.do(one.once, one) for one in requests),
        *(other.creation.do(one.once, one) for one in reversed(requests)),
    )
    assert answers[:KEYS] == answers[: KEYS - 1 : -1]
    assert len(set(answers)) == KEYS
    assert len(shop.bus.published) + len(other.bus.published) == KEYS


@asynccontextmanager
async def key_held(
    engine: AsyncEngine, once: IdempotentRequest, answer: bytes
) -> AsyncIterator[AsyncConnection]:
    """Have stored it in a transaction that goes on."""
    async with engine.connect() as connection:
        values = {"account_id": once.account_id, "key": once.key, "fingerprint": once.fingerprint}
        await connection.execute(text(HOLD_KEY), values | {"order_id": uuid7(), "answer": answer})
        yield connection
        await connection.rollback()


async def create(shop: OrderShop, *requests: WantedOrder) -> list[object]:
    return await asyncio.gather(
        *(shop.creation.do(one.once or uuid7(), one) for one in requests), return_exceptions=True
    )


async def test_key_that_stays_locked_is_a_conflict_alone(
    shop: OrderShop, engine: AsyncEngine, ada: Caller, kite: UUID
) -> None:
    held, free = (wanted(ada, kite, once=a_request(ada, a_name())) for _ in range(2))
    assert held.once
    async with key_held(engine, held.once, b"never committed"):
        results = await create(shop, wanted(ada, kite), held, free)
        assert [type(one) for one in results] == [bytes, ConflictError, bytes]
        assert str(results[1]) == "a request with this key is still running"
    [answer] = await create(shop, held)
    assert isinstance(answer, bytes)
    assert await create(shop, free) == results[2:]


async def test_key_that_is_locked_for_a_moment_is_waited_for(
    shop: OrderShop, engine: AsyncEngine, ada: Caller, kite: UUID
) -> None:
    held = wanted(ada, kite, once=a_request(ada, a_name()))
    assert held.once
    for ends, expected in (("rollback", None), ("commit", b"the first answer")):
        once = replace(held.once, key=a_name())
        async with key_held(engine, once, b"the first answer") as connection:
            waiting = asyncio.create_task(shop.creation.do(once, held._replace(once=once)))
            await until_somebody_waits(engine)
            assert not waiting.done()
            await getattr(connection, ends)()
            answer = await waiting
        assert isinstance(answer, bytes)
        assert (answer == b"the first answer") == (expected is not None)


async def until_somebody_waits(engine: AsyncEngine) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(LOCK_TIMEOUT_S), engine.connect() as connection:
        while not await connection.scalar(waiting):  # nothing tells of a lock that is waited for
            await asyncio.sleep(0)


async def test_locked_table_fails_all_and_stores_none(
    shop: OrderShop, engine: AsyncEngine, ada: Caller
) -> None:
    orders = [a_new_order(ada.account_id, a_name()) for _ in range(2)]
    async with engine.begin() as locker:
        await locker.execute(text("LOCK TABLE order_lines IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(asyncpg.LockNotAvailableError):
            await shop.store.add(orders)
    assert len(await shop.store.add(orders)) == 2


@dataclass(frozen=True, slots=True)
class CountingWatch(BatchWatch):
    """Notes the first word of each statement that is run."""

    ran: list[str] = field(default_factory=list)

    def statement(self, make: MakeStatement, sql_for: SqlFor) -> BatchStatement:
        return CountedStatement(make(sql_for), self.ran, sql_for(99).split(maxsplit=1)[0])


@dataclass(frozen=True, slots=True)
class CountedStatement:
    statement: BatchStatement
    ran: list[str]
    word: str

    async def fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        self.ran.append(self.word)
        return await self.statement.fetch(*arguments)


@pytest.mark.parametrize("lines", [1, 30])
@pytest.mark.parametrize(("is_whole", "reads"), [(False, 1), (True, 3)])
async def test_many_orders_take_a_few_statements(
    counted: tuple[OrderStore, list[str]], shop: OrderShop, lines: int, reads: int, *, is_whole: bool
) -> None:
    """A recipient and a key are read as well, where an order has them."""
    (store, ran), ada, name = counted, await shop.use_cases().somebody(), a_name()
    async with shop.begin() as tx:
        await tx.people.save({name: NOON.date()}, [])
    content = of(*[await shop.use_cases().item(ada)] * lines, recipient=name if is_whole else None)
    requests = [a_request(ada, f"{name}{number}") if is_whole else None for number in range(50)]
    orders: dict[CreationKey, WantedOrder] = {
        number: WantedOrder(ada.account_id, content, rendered, once, None)
        for number, once in enumerate(requests)
    }
    results = await creation_of(store, TwinBus()).create_all(orders)
    assert {type(result) for result in results.values()} == {bytes}
    assert ran == ["SELECT"] * reads + ["WITH"]


@pytest.fixture
async def counted(
    shop: OrderShop, *, transaction_pooling: bool
) -> AsyncIterator[tuple[OrderStore, list[str]]]:
    """A store, and the statements that it has run."""
    assert shop.engine
    watch = CountingWatch()
    opening = open_batches(shop.engine, Bounds(), 2, transaction_pooling=transaction_pooling, watch=watch)
    async with opening as batches:
        yield order_store(batches), watch.ran
