"""Idempotency keys in PostgreSQL: a lock while a request runs, a row once it has been answered."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from hello.entities.idempotency import IdempotencyKey

KEY = (IdempotencyKey.account_id, IdempotencyKey.key)


@dataclass(frozen=True, slots=True)
class PostgresIdempotencyKeys:
    session: AsyncSession

    async def claim(self, account_id: UUID, key: str) -> bool:
        """Lock by a statement of its own: one that also looked would not see what was stored meanwhile."""
        query = select(func.pg_try_advisory_xact_lock(lock_number(account_id, key)))
        return bool(await self.session.scalar(query))

    async def find(self, account_id: UUID, key: str) -> IdempotencyKey | None:
        query = select(IdempotencyKey)
        return await self.session.scalar(
            query.where(IdempotencyKey.account_id == account_id, IdempotencyKey.key == key)
        )

    async def forget(self, before: datetime, limit: int) -> int:
        old = select(*KEY).where(IdempotencyKey.created_at < before).order_by(IdempotencyKey.created_at)
        statement = delete(IdempotencyKey).where(tuple_(*KEY).in_(old.limit(limit)))
        forgotten = await self.session.scalars(statement.returning(IdempotencyKey.created_at))
        return len(forgotten.all())


def lock_number(account_id: UUID, key: str) -> int:
    """Return 64 bits: that two keys share them is less likely than that the machine fails."""
    digest = sha256(b"idempotency key\n" + account_id.bytes + key.encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
