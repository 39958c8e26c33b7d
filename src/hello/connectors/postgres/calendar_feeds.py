"""Calendar feeds in PostgreSQL."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hello.connectors.postgres.audit import with_audit
from hello.connectors.postgres.values import values_of
from hello.entities.audit import AuditRecord
from hello.entities.calendar_feeds import CalendarFeed


@dataclass(frozen=True, slots=True)
class PostgresCalendarFeeds:
    session: AsyncSession

    async def replace(self, feed: CalendarFeed, record: AuditRecord) -> None:
        values = values_of(feed)
        statement = insert(CalendarFeed).values(values)
        upsert = statement.on_conflict_do_update(index_elements=[CalendarFeed.account_id], set_=values)
        await self.session.execute(with_audit(upsert, record))

    async def remove(self, account_id: UUID, record: AuditRecord) -> None:
        statement = delete(CalendarFeed).where(CalendarFeed.account_id == account_id)
        await self.session.execute(with_audit(statement, record))

    async def find(self, key_hash: bytes) -> UUID | None:
        query = select(CalendarFeed.account_id).where(CalendarFeed.key_hash == key_hash)
        return await self.session.scalar(query)
