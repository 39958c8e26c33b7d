"""The audit trail in PostgreSQL, written by the very statement that makes the change."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Delete, Insert, Update, insert, literal, select
from sqlalchemy.dialects.postgresql import Insert as Upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from hello.entities.audit import AuditEntry, Change

COLUMNS = (AuditEntry.at, AuditEntry.actor_id, AuditEntry.action, AuditEntry.subject_id, AuditEntry.details)


def noted(statement: Insert | Upsert | Update | Delete, change: Change) -> ReturningInsert[tuple[int]]:
    """Return the statement together with its note: an entry for each row that it changes, none for none."""
    changed = statement.returning(literal(1).label("row")).cte("changed")
    values = (change.at, change.actor_id, change.action, change.subject_id, change.details)
    entry = select(
        *(literal(value, column.type) for value, column in zip(values, COLUMNS, strict=True))
    ).select_from(changed)
    return insert(AuditEntry).from_select([column.key for column in COLUMNS], entry).returning(AuditEntry.id)


@dataclass(frozen=True, slots=True)
class PostgresAuditTrail:
    session: AsyncSession

    async def page(self, subject_id: UUID | None, before: int | None, limit: int) -> Sequence[AuditEntry]:
        query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
        if subject_id is not None:
            query = query.where(AuditEntry.subject_id == subject_id)
        if before is not None:
            query = query.where(AuditEntry.id < before)
        return (await self.session.scalars(query)).all()
