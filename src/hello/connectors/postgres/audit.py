"""The audit trail in PostgreSQL; an entry about a change is written by the very statement that makes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Delete, Insert, Select, Update, insert, literal, select
from sqlalchemy.dialects.postgresql import Insert as Upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from hello.entities.audit import AuditEntry, AuditRecord

COLUMNS = (AuditEntry.at, AuditEntry.actor_id, AuditEntry.action, AuditEntry.subject_id, AuditEntry.details)


def with_audit(statement: Insert | Upsert | Update | Delete, record: AuditRecord) -> ReturningInsert[Any]:
    """Return the statement together with an audit entry for each row that it changes."""
    changed = statement.returning(literal(1).label("row")).cte("changed")
    values = (record.at, record.actor_id, record.action, record.subject_id, record.details)
    entries = rows_of(COLUMNS, values, changed)
    return (
        insert(AuditEntry).from_select([column.key for column in COLUMNS], entries).returning(AuditEntry.id)
    )


def rows_of(columns: Sequence[Any], values: Sequence[object], changed: CTE) -> Select[Any]:
    """Return the same values for each row of what has been changed."""
    typed = [literal(value, column.type) for value, column in zip(values, columns, strict=True)]
    return select(*typed).select_from(changed)


@dataclass(frozen=True, slots=True)
class PostgresAuditTrail:
    session: AsyncSession

    async def add(self, record: AuditRecord) -> None:
        values = (record.at, record.actor_id, record.action, record.subject_id, record.details)
        row = {column.key: value for column, value in zip(COLUMNS, values, strict=True)}
        await self.session.execute(insert(AuditEntry).values(row))

    async def page(self, subject_id: UUID | None, before: int | None, limit: int) -> Sequence[AuditEntry]:
        query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
        if subject_id is not None:
            query = query.where(AuditEntry.subject_id == subject_id)
        if before is not None:
            query = query.where(AuditEntry.id < before)
        return (await self.session.scalars(query)).all()
