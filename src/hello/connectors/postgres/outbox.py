"""The outbox in PostgreSQL: events, written in the transaction of the change they tell of."""

from dataclasses import asdict, dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from hello.entities.events import Event, OutboxRow

CHANNEL = "outbox"


@dataclass(frozen=True, slots=True)
class PostgresOutbox:
    session: AsyncSession

    async def add(self, event: Event) -> None:
        """Wake the relays too, once the transaction has been committed."""
        values = {**asdict(event), "event_id": event.id, "shard": event.shard}
        del values["id"]
        await self.session.execute(insert(OutboxRow).values(values))
        await self.session.execute(select(func.pg_notify(CHANNEL, "")))
