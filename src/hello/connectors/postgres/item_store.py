"""New items in PostgreSQL: one statement stores many of them, with their audit entries and events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hello.connectors.postgres.batches import Batches
from hello.connectors.postgres.outbox import CHANNEL
from hello.connectors.postgres.prepared_statements import BatchStatement
from hello.core.json_text import json_bytes
from hello.entities.events import shard_of
from hello.entities.items import ITEM_CREATED, ItemView
from hello.services.item_creation import NewItem

ADD = f"""
WITH given AS (
    SELECT * FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::text[],
        $8::smallint[], $9::text[], $10::text[]
    ) AS given (id, owner_id, title, description, price_cents, at, traceparent, shard, data, details)
), placed AS (
    INSERT INTO items (id, owner_id, title, description, price_cents, version, created_at, updated_at)
    SELECT id, owner_id, title, description, price_cents, 1, at, at FROM given
), audited AS (
    INSERT INTO audit (at, actor_id, action, subject_id, details)
    SELECT at, owner_id, '{ITEM_CREATED}', id, details::jsonb FROM given
), events AS (
    INSERT INTO outbox (shard, event_id, type, subject, time, data, traceparent)
    SELECT shard, id || '-1', '{ITEM_CREATED}', id, at, data::jsonb, traceparent FROM given
)
SELECT id, full_name, pg_notify('{CHANNEL}', '') FROM accounts WHERE id = ANY($2::uuid[])
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class PostgresItemStore:
    statement: BatchStatement

    async def add(self, items: Mapping[UUID, NewItem]) -> Mapping[UUID, ItemView]:
        """Return the items with the names of their owners."""
        rows = await self.statement.fetch(*zip(*map(row_of, items.values()), strict=True))
        names = {owner_id: name for owner_id, name, _ in rows}
        return {key: new.item._replace(owner_name=names[new.item.owner_id]) for key, new in items.items()}


def item_store(batches: Batches) -> PostgresItemStore:
    return PostgresItemStore(batches.statement(lambda _: ADD, is_write=True))


def row_of(new: NewItem) -> tuple[Any, ...]:
    item = new.item
    return (
        item.id,
        item.owner_id,
        item.title,
        item.description,
        item.price_cents,
        item.created_at,
        new.traceparent,
        shard_of(str(item.id)),
        json_bytes(item.event_data()).decode(),
        json_bytes(new.content).decode(),
    )
