"""The outbox in PostgreSQL: events, written in the transaction of the change they tell of."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, insert
from sqlalchemy.ext.asyncio import AsyncSession

from hello.entities.events import Event, OutboxRow

CHANNEL = "outbox"
WAKE_RELAYS = func.pg_notify(CHANNEL, "")


def outbox_values(event: Event) -> dict[str, Any]:
    """Return what a row of the outbox has, by column."""
    values = {**asdict(event), "event_id": event.id, "shard": event.shard}
    del values["id"]
    return values


@dataclass(frozen=True, slots=True)
class PostgresOutbox:
    session: AsyncSession

    async def add(self, *events: Event) -> None:
        """Wake the relays too, once the transaction has been committed."""
        rows = insert(OutboxRow).values(list(map(outbox_values, events)))
        await self.session.execute(rows.returning(WAKE_RELAYS))
