"""The inbox in PostgreSQL: the table's key decides who was first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hello.entities.inbox import InboxEntry


@dataclass(frozen=True, slots=True)
class PostgresInbox:
    session: AsyncSession

    async def add(self, consumer: str, event_id: str, now: datetime) -> bool:
        """Wait for the end of another transaction that adds the same."""
        entry = insert(InboxEntry).values(consumer=consumer, event_id=event_id, handled_at=now)
        added = await self.session.scalar(entry.on_conflict_do_nothing().returning(InboxEntry.event_id))
        return added is not None

    async def clear(self, before: datetime, limit: int) -> int:
        """Leave out what another one is clearing."""
        key = InboxEntry.consumer, InboxEntry.event_id
        old = select(*key).where(InboxEntry.handled_at < before).limit(limit)
        statement = delete(InboxEntry).where(tuple_(*key).in_(old.with_for_update(skip_locked=True)))
        return len((await self.session.execute(statement.returning(literal(1)))).all())
