"""The unit of work: one session, one transaction, every repository."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from hello.connectors.postgres.errors import business_errors
from hello.connectors.postgres.people import PostgresPeople


@dataclass(frozen=True, slots=True)
class PostgresTransaction:
    people: PostgresPeople


@dataclass(frozen=True, slots=True)
class PostgresUnitOfWork:
    """`deadline_s` bounds the whole block: a server that hangs costs the client no more than that."""

    sessions: async_sessionmaker[AsyncSession]
    deadline_s: float

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresTransaction]:
        """Commit on a clean exit, roll back on any error; raise only business errors for known faults."""
        with business_errors():
            async with asyncio.timeout(self.deadline_s), self.sessions.begin() as session:
                yield PostgresTransaction(PostgresPeople(session))
