"""Idempotency keys in PostgreSQL: a row once a request has been answered."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from hello.entities.idempotency import IdempotencyKey

KEY = (IdempotencyKey.account_id, IdempotencyKey.key)


@dataclass(frozen=True, slots=True)
class PostgresIdempotencyKeys:
    session: AsyncSession

    async def forget(self, before: datetime, limit: int) -> int:
        old = select(*KEY).where(IdempotencyKey.created_at < before).order_by(IdempotencyKey.created_at)
        statement = delete(IdempotencyKey).where(tuple_(*KEY).in_(old.limit(limit)))
        forgotten = await self.session.scalars(statement.returning(IdempotencyKey.created_at))
        return len(forgotten.all())
