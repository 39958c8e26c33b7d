"""The connection pool, open for as long as the process needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from hello.core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """`dsn` as libpq reads it: TCP, a Unix socket or TLS; times in seconds."""

    dsn: str
    application_name: str
    pool_size: int = 10
    pool_overflow: int = 10
    connect_timeout_s: float = 1.5
    deadline_s: float = 2
    lock_timeout_s: float = 1.5

    @classmethod
    def of(cls, settings: Settings, application_name: str) -> Self:
        return cls(
            dsn=settings.database_dsn,
            application_name=application_name,
            pool_size=settings.database_pool_size,
            pool_overflow=settings.database_pool_overflow,
            connect_timeout_s=settings.database_connect_timeout_s,
            deadline_s=settings.database_deadline_s,
            lock_timeout_s=settings.database_lock_timeout_s,
        )

    def server_settings(self) -> dict[str, str]:
        """Let the server give up as well, so that no lock outlives the client's patience."""
        return {
            "application_name": self.application_name,
            "idle_in_transaction_session_timeout": milliseconds(10 * self.deadline_s),
            "lock_timeout": milliseconds(self.lock_timeout_s),
            "statement_timeout": milliseconds(self.deadline_s),
            "timezone": "UTC",
        }


def milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


@asynccontextmanager
async def open_engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """Connect at the first use: a database that is away does not keep the process from starting."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(connect, database),
        pool_size=database.pool_size,
        max_overflow=database.pool_overflow,
        pool_timeout=database.connect_timeout_s,
        hide_parameters=True,  # a fault is logged, and what people have sent must not be
    )
    event.listen(engine.sync_engine, "checkout", refuse_closed)
    try:
        yield engine
    finally:
        await engine.dispose()


def sessions_of(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Make sessions whose entities can be read after the commit, outside of any transaction."""
    return async_sessionmaker(engine, expire_on_commit=False)


class HurriedConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """Cuts the line at once where SQLAlchemy would give a server that hangs two more seconds."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  # asyncpg's own name
        if timeout is None:
            await super().close()
        else:
            self.terminate()


async def connect(database: Database) -> asyncpg.Connection:
    """Leave host, TLS and the rest of the DSN to asyncpg, which reads it as libpq does."""
    return await asyncpg.connect(
        database.dsn,
        timeout=database.connect_timeout_s,
        server_settings=database.server_settings(),
        connection_class=HurriedConnection,
    )


def refuse_closed(connection: DBAPIConnection, *_: object) -> None:
    """Pass over a connection that the server has closed: what a pre-ping tells, without its round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
