"""The unit of work of those who consume events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.postgres.dead_letters import PostgresDeadLetters
from hello.connectors.postgres.engine import sessions_of
from hello.connectors.postgres.gifts import PostgresGifts
from hello.connectors.postgres.inbox import PostgresInbox
from hello.connectors.postgres.unit_of_work import committed


@dataclass(frozen=True, slots=True)
class PostgresEventTransaction:
    session: AsyncSession

    @property
    def inbox(self) -> PostgresInbox:
        return PostgresInbox(self.session)

    @property
    def dead_letters(self) -> PostgresDeadLetters:
        return PostgresDeadLetters(self.session)

    @property
    def gifts(self) -> PostgresGifts:
        return PostgresGifts(self.session)


@dataclass(frozen=True, slots=True)
class PostgresEventsUnit:
    """As `PostgresUnitOfWork`, with what consumers store."""

    sessions: async_sessionmaker[AsyncSession]
    deadline_s: float

    @classmethod
    def of(cls, engine: AsyncEngine, deadline_s: float) -> Self:
        return cls(sessions_of(engine), deadline_s)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresEventTransaction]:
        async with committed(self.sessions, self.deadline_s) as session:
            yield PostgresEventTransaction(session)
