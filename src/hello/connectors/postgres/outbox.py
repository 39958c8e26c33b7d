"""The outbox in PostgreSQL: events, written in the transaction of the change they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hello.connectors.postgres.values import insert_all
from hello.core.traces import current_traceparent
from hello.entities.events import ORDER_EVENTS, Event, OutboxRow

CHANNEL, CHANGES = "outbox", "changes"
WAKE_RELAYS = func.pg_notify(CHANNEL, "")
IDS_IN_NOTICE = 200  # of 36 letters: a notice has less than 8,000 bytes


def outbox_values(event: Event) -> dict[str, Any]:
    """Return what a row of the outbox has, by column; it belongs to the trace of the work at hand."""
    values = {one.name: getattr(event, one.name) for one in fields(event)}
    trace = event.traceparent or current_traceparent()
    return values | {"event_id": values.pop("id"), "shard": event.shard, "traceparent": trace}


@dataclass(frozen=True, slots=True)
class PostgresOutbox:
    session: AsyncSession

    async def add(self, *events: Event) -> None:
        """Wake the relays, and tell who follows an order, once the transaction has been committed."""
        rows = insert_all(OutboxRow, list(map(outbox_values, events)))
        told = [func.pg_notify(CHANGES, ids) for ids in changed_orders(events)]
        await self.session.execute(select(WAKE_RELAYS, *told).add_cte(rows.cte("rows")))


def changed_orders(events: Sequence[Event]) -> list[str]:
    """Return the ids of the orders that the events are about, many in one notice."""
    ids = [event.subject for event in events if event.type.startswith(ORDER_EVENTS)]
    return [",".join(ids[start : start + IDS_IN_NOTICE]) for start in range(0, len(ids), IDS_IN_NOTICE)]
