"""The audit trail in PostgreSQL; an entry about a change is written by the very statement that makes it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Delete, Insert, Select, Update, insert, literal, select
from sqlalchemy.dialects.postgresql import Insert as Upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from hello.entities.audit import AuditEntry, AuditRecord


def with_audit(statement: Insert | Upsert | Update | Delete, record: AuditRecord) -> ReturningInsert[Any]:
    """Return the statement together with an audit entry for each row that it changes."""
    changed = statement.returning(literal(1).label("row")).cte("changed")
    values = asdict(record)
    columns = [AuditEntry.__table__.c[name] for name in values]
    entries = rows_of(columns, list(values.values()), changed)
    return insert(AuditEntry).from_select(list(values), entries).returning(AuditEntry.id)


def rows_of(columns: Sequence[Any], values: Sequence[object], changed: CTE) -> Select[Any]:
    """Return the same values for each row of what has been changed."""
    typed = [literal(value, column.type) for value, column in zip(values, columns, strict=True)]
    return select(*typed).select_from(changed)


@dataclass(frozen=True, slots=True)
class PostgresAuditTrail:
    session: AsyncSession

    async def add(self, record: AuditRecord) -> None:
        await self.session.execute(insert(AuditEntry).values(asdict(record)))

    async def page(self, subject_id: UUID | None, before: int | None, limit: int) -> Sequence[AuditEntry]:
        query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
        if subject_id is not None:
            query = query.where(AuditEntry.subject_id == subject_id)
        if before is not None:
            query = query.where(AuditEntry.id < before)
        return (await self.session.scalars(query)).all()
