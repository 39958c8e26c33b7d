"""The outbox in PostgreSQL: events, written in the transaction of the change they tell of."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hello.connectors.postgres.values import insert_all
from hello.entities.events import Event, OutboxRow

CHANNEL = "outbox"
WAKE_RELAYS = func.pg_notify(CHANNEL, "")


def outbox_values(event: Event) -> dict[str, Any]:
    """Return what a row of the outbox has, by column."""
    values = {one.name: getattr(event, one.name) for one in fields(event)}
    return values | {"event_id": values.pop("id"), "shard": event.shard}


@dataclass(frozen=True, slots=True)
class PostgresOutbox:
    session: AsyncSession

    async def add(self, *events: Event) -> None:
        """Wake the relays too, once the transaction has been committed."""
        rows = insert_all(OutboxRow, list(map(outbox_values, events)))
        await self.session.execute(select(WAKE_RELAYS).add_cte(rows.cte("rows")))
