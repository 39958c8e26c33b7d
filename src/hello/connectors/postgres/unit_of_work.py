"""The unit of work: one session, one transaction, every repository."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.postgres.accounts import PostgresAccounts
from hello.connectors.postgres.announcements import PostgresAnnouncements
from hello.connectors.postgres.audit import PostgresAuditTrail
from hello.connectors.postgres.calendar_feeds import PostgresCalendarFeeds
from hello.connectors.postgres.dead_letters import PostgresDeadLetters
from hello.connectors.postgres.engine import sessions_of
from hello.connectors.postgres.errors import business_errors
from hello.connectors.postgres.gifts import PostgresGifts
from hello.connectors.postgres.idempotency import PostgresIdempotencyKeys
from hello.connectors.postgres.inbox import PostgresInbox
from hello.connectors.postgres.items import PostgresItems
from hello.connectors.postgres.orders import PostgresOrders
from hello.connectors.postgres.outbox import PostgresOutbox
from hello.connectors.postgres.people import PostgresPeople
from hello.connectors.postgres.sessions import PostgresSessions
from hello.entities.errors import UnavailableError, UnknownOutcomeError


@dataclass(frozen=True, slots=True)
class PostgresTransaction:
    """The repositories, each made when it is asked for."""

    session: AsyncSession

    @property
    def people(self) -> PostgresPeople:
        return PostgresPeople(self.session)

    @property
    def accounts(self) -> PostgresAccounts:
        return PostgresAccounts(self.session)

    @property
    def sessions(self) -> PostgresSessions:
        return PostgresSessions(self.session)

    @property
    def calendar_feeds(self) -> PostgresCalendarFeeds:
        return PostgresCalendarFeeds(self.session)

    @property
    def gifts(self) -> PostgresGifts:
        return PostgresGifts(self.session)

    @property
    def items(self) -> PostgresItems:
        return PostgresItems(self.session)

    @property
    def audit(self) -> PostgresAuditTrail:
        return PostgresAuditTrail(self.session)

    @property
    def announcements(self) -> PostgresAnnouncements:
        return PostgresAnnouncements(self.session)

    @property
    def orders(self) -> PostgresOrders:
        return PostgresOrders(self.session)

    @property
    def idempotency_keys(self) -> PostgresIdempotencyKeys:
        return PostgresIdempotencyKeys(self.session)

    @property
    def inbox(self) -> PostgresInbox:
        return PostgresInbox(self.session)

    @property
    def dead_letters(self) -> PostgresDeadLetters:
        return PostgresDeadLetters(self.session)

    @property
    def outbox(self) -> PostgresOutbox:
        return PostgresOutbox(self.session)


@dataclass(frozen=True, slots=True)
class PostgresUnitOfWork:
    """`deadline_s` bounds the whole block: a server that hangs costs the client no more than that."""

    sessions: async_sessionmaker[AsyncSession]
    deadline_s: float

    @classmethod
    def of(cls, engine: AsyncEngine, deadline_s: float) -> Self:
        return cls(sessions_of(engine), deadline_s)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresTransaction]:
        """Commit on a clean exit, roll back on any error; raise only business errors for known faults."""
        async with committed(self.sessions, self.deadline_s) as session:
            yield PostgresTransaction(session)


@asynccontextmanager
async def committed(
    sessions: async_sessionmaker[AsyncSession], deadline_s: float
) -> AsyncIterator[AsyncSession]:
    """Raise `UnknownOutcomeError` if the answer to the commit is lost: the work may have been stored."""
    is_committing = False
    try:
        with business_errors():
            async with asyncio.timeout(deadline_s), sessions() as session:
                yield session
                is_committing = True
                await session.commit()
    except UnavailableError as error:
        if is_committing:
            raise UnknownOutcomeError(reason=error.reason) from error
        raise
