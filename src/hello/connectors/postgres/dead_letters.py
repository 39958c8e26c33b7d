"""Dead letters in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hello.connectors.postgres.values import values_of
from hello.entities.dead_letters import DeadLetter


@dataclass(frozen=True, slots=True)
class PostgresDeadLetters:
    session: AsyncSession

    async def add(self, dead: DeadLetter) -> None:
        values = values_of(dead)
        del values["id"]
        await self.session.execute(insert(DeadLetter).values(values).on_conflict_do_nothing())

    async def page(self, after: int, limit: int) -> Sequence[DeadLetter]:
        query = select(DeadLetter).where(DeadLetter.id > after).order_by(DeadLetter.id).limit(limit)
        return (await self.session.scalars(query)).all()

    async def find(self, dead_id: int) -> DeadLetter | None:
        return await self.session.scalar(select(DeadLetter).where(DeadLetter.id == dead_id))

    async def take(self, dead_id: int) -> DeadLetter | None:
        """Wait for the end of another transaction that takes it: that one may roll back."""
        return await self.session.scalar(
            delete(DeadLetter).where(DeadLetter.id == dead_id).returning(DeadLetter)
        )
