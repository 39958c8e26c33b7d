"""New orders in PostgreSQL: what they are about, and one statement that stores many of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from hello.connectors.postgres.batches import Batches
from hello.connectors.postgres.outbox import CHANGES, CHANNEL
from hello.connectors.postgres.prepared_statements import BatchStatement
from hello.core.json_text import json_bytes
from hello.entities.errors import ConflictError
from hello.entities.events import shard_of
from hello.entities.idempotency import KeyOfAccount, StoredAnswer
from hello.entities.orders import ORDER_CREATED, OrderStatus
from hello.services.order_creation import NewOrder

ITEMS = "SELECT id, title, price_cents FROM items WHERE id = ANY($1::uuid[])"
PEOPLE = "SELECT username FROM people WHERE username = ANY($1::text[])"
# OFFSET 0 keeps the planner from reading the whole table for a join.
ANSWERS = """
    SELECT wanted.account_id, wanted.key, stored.fingerprint, stored.answer
    FROM unnest($1::uuid[], $2::text[]) AS wanted (account_id, key)
    CROSS JOIN LATERAL (
        SELECT fingerprint, answer FROM idempotency_keys
        WHERE account_id = wanted.account_id AND key = wanted.key OFFSET 0
    ) AS stored
"""
# An order whose key another transaction has stored meanwhile is left out, with all that belongs to it.
KEPT = """, kept AS (
    INSERT INTO idempotency_keys (account_id, key, fingerprint, order_id, answer, created_at)
    SELECT customer_id, key, fingerprint, id, answer, at FROM given WHERE key IS NOT NULL
    ON CONFLICT DO NOTHING RETURNING order_id
)"""
IS_KEPT = "WHERE key IS NULL OR id IN (SELECT order_id FROM kept)"
ADD = """
WITH given AS (
    SELECT * FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::text[],
        $8::smallint[], $9::text[], $10::text[], $11::bytea[], $12::bytea[]
    ) AS given (id, customer_id, recipient, total_cents, due_at, at, traceparent,
        shard, data, key, fingerprint, answer)
){kept}, placed AS (
    INSERT INTO orders (id, customer_id, status, recipient, total_cents, version, due_at, created_at,
        updated_at, traceparent)
    SELECT id, customer_id, '{status}', recipient, total_cents, 1, due_at, at, at, traceparent
    FROM given {is_kept}
    RETURNING id
), lines AS (
    INSERT INTO order_lines (order_id, position, item_id, title, unit_price_cents, quantity)
    SELECT line.*
    FROM unnest($13::uuid[], $14::smallint[], $15::uuid[], $16::text[], $17::bigint[], $18::int[])
        AS line (order_id, position, item_id, title, unit_price_cents, quantity)
    WHERE order_id IN (SELECT id FROM placed)
), history AS (
    INSERT INTO order_history (order_id, version, status, at)
    SELECT id, 1, '{status}', at FROM given JOIN placed USING (id)
), events AS (
    INSERT INTO outbox (shard, event_id, type, subject, time, data, traceparent)
    SELECT shard, id || '-1', '{event}', id, at, data::jsonb, traceparent FROM given JOIN placed USING (id)
)
SELECT array_agg(id), pg_notify('{channel}', ''), pg_notify('{changes}', string_agg(id::text, ','))
FROM placed HAVING count(*) > 0
"""
WORDS = {"status": OrderStatus.CREATED, "event": ORDER_CREATED, "channel": CHANNEL, "changes": CHANGES}
ADD_PLAIN = ADD.format(kept="", is_kept="", **WORDS)
ADD_WITH_KEYS = ADD.format(kept=KEPT, is_kept=IS_KEPT, **WORDS)


class ItemPrice(NamedTuple):
    title: str
    price_cents: int | None


@dataclass(frozen=True, slots=True)
class PostgresOrderStore:
    """At most `IDS_IN_NOTICE` orders at once."""

    find_items: BatchStatement
    find_people: BatchStatement
    find_answers: BatchStatement
    add_plain: BatchStatement
    add_with_keys: BatchStatement

    async def items(self, item_ids: Collection[UUID]) -> Mapping[UUID, ItemPrice]:
        rows = await self.find_items.fetch(list(item_ids))
        return {item_id: ItemPrice(title, price) for item_id, title, price in rows}

    async def known_people(self, usernames: Collection[str]) -> Collection[str]:
        return {name for (name,) in await self.find_people.fetch(list(usernames))}

    async def answers(self, keys: Collection[KeyOfAccount]) -> Mapping[KeyOfAccount, StoredAnswer]:
        rows = await self.find_answers.fetch(*zip(*keys, strict=True))
        return {(account_id, key): StoredAnswer(*stored) for account_id, key, *stored in rows}

    async def add(self, orders: Sequence[NewOrder]) -> Collection[UUID]:
        """Two processes that store the same keys cannot deadlock: they do it in the same order."""
        ordered = sorted(orders, key=key_of) if any(one.once for one in orders) else orders
        statement = self.add_plain if ordered is orders else self.add_with_keys
        try:
            rows = await statement.fetch(*arguments_of(ordered))
        except asyncpg.LockNotAvailableError as error:
            if len(orders) == 1 and orders[0].once:
                raise ConflictError("a request with this key is still running") from error
            raise
        return set(rows[0][0]) if rows else ()


def order_store(batches: Batches) -> PostgresOrderStore:
    return PostgresOrderStore(
        find_items=batches.reading(ITEMS),
        find_people=batches.reading(PEOPLE),
        find_answers=batches.reading(ANSWERS),
        add_plain=batches.statement(lambda _: ADD_PLAIN, is_write=True),
        add_with_keys=batches.statement(lambda _: ADD_WITH_KEYS, is_write=True),
    )


def key_of(new: NewOrder) -> tuple[bytes, str]:
    return (new.once.account_id.bytes, new.once.key) if new.once else (b"", "")


def arguments_of(orders: Sequence[NewOrder]) -> Sequence[Sequence[Any]]:
    """Return the columns of the orders, and those of their lines."""
    lines = [
        (new.order.id, position, *line) for new in orders for position, line in enumerate(new.order.lines)
    ]
    return *zip(*map(row_of, orders), strict=True), *zip(*lines, strict=True)


def row_of(new: NewOrder) -> tuple[Any, ...]:
    order, once = new.order, new.once
    return (
        order.id,
        order.customer_id,
        order.recipient,
        order.total_cents,
        new.due_at,
        order.created_at,
        new.traceparent,
        shard_of(str(order.id)),
        json_bytes(order.public()).decode(),
        once and once.key,
        once and once.fingerprint,
        once and new.answer,
    )
