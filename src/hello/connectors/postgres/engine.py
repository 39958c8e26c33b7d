"""The connection pool, open for as long as the process needs it."""

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from hello.connectors.postgres.pool import FairPool, PoolMetrics, measured_pool
from hello.core.postgres_urls import KeepAlive, PostgresUrl, read_postgres_url
from hello.core.settings import Settings

KEEP_ALIVE = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
"""Lets the server notice that a client is gone, and free its locks, within half a minute."""
UNNAMED_STATEMENTS = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """`dsn` as libpq reads it: TCP, a Unix socket or TLS; times in seconds.

    With `transaction_pooling` each transaction may be on another connection of the server, and nothing of a
    session lasts: no prepared statement, no setting, no lock, no LISTEN.
    """

    dsn: str = field(repr=False)
    application_name: str
    transaction_pooling: bool = False
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
            transaction_pooling=settings.database_pooler == "transaction",
            pool_size=settings.database_pool_size,
            pool_overflow=settings.database_pool_overflow,
            connect_timeout_s=settings.database_connect_timeout_s,
            deadline_s=settings.database_deadline_s,
            lock_timeout_s=settings.database_lock_timeout_s,
        )

    @classmethod
    def direct(cls, settings: Settings, application_name: str) -> Self | None:
        """Return the database for what needs a session; None if there is only a pooler of transactions."""
        if settings.direct_dsn is None:
            return None
        own = cls.of(settings, application_name)
        return replace(own, dsn=settings.direct_dsn, transaction_pooling=False)

    @property
    def url(self) -> PostgresUrl:
        return read_postgres_url(self.dsn)

    def startup_settings(self) -> dict[str, str]:
        """Return what the connection begins with; a pooler refuses most parameters."""
        name = {"application_name": self.url.application_name or self.application_name}
        return name if self.transaction_pooling else KEEP_ALIVE | self.session_settings() | name

    def session_settings(self) -> dict[str, str]:
        """Let the server give up as well, so that no lock outlives the client's patience.

        Do not compile queries (JIT): they take milliseconds, and to compile one takes longer.
        """
        return {
            "idle_in_transaction_session_timeout": milliseconds(10 * self.deadline_s),
            "jit": "off",
            "lock_timeout": milliseconds(self.lock_timeout_s),
            "statement_timeout": milliseconds(self.deadline_s),
            "timezone": "UTC",
            **self.url.server_settings,
        }

    def local_settings(self, **more: str) -> str:
        """Return a statement that sets the same for one transaction, as the values cannot be parameters."""
        values = self.session_settings() | more
        calls = [f"set_config('{name}', '{quoted(value)}', true)" for name, value in values.items()]
        return f"SELECT {', '.join(calls)}"


def quoted(text: str) -> str:
    return text.replace("'", "''")


def milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


@asynccontextmanager
async def open_engine(database: Database, metrics: PoolMetrics | None = None) -> AsyncIterator[AsyncEngine]:
    """Connect at the first use: a database that is away does not keep the process from starting."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(connect, database),
        connect_args=UNNAMED_STATEMENTS if database.transaction_pooling else {},
        poolclass=pool_class(database, metrics),
        pool_size=database.pool_size,
        max_overflow=database.pool_overflow,
        pool_timeout=database.connect_timeout_s,
        hide_parameters=True,  # a fault is logged, and what people have sent must not be
    )
    logging.getLogger(FairPool.__module__).setLevel(logging.WARNING)  # as the logger `sqlalchemy` has it
    event.listen(engine.sync_engine, "checkout", refuse_closed)
    if database.transaction_pooling:
        event.listen(engine.sync_engine, "begin", partial(set_locally, database.local_settings()))
    try:
        yield engine
    finally:
        await engine.dispose()


def pool_class(database: Database, metrics: PoolMetrics | None) -> type[FairPool]:
    if metrics is None:
        return FairPool
    return measured_pool(metrics, database.application_name, database.pool_size + database.pool_overflow)


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
    """Leave host and TLS to asyncpg, which reads them as libpq does."""
    cache = {"statement_cache_size": 0} if database.transaction_pooling else {}
    connection = await asyncpg.connect(
        database.url.dsn,
        timeout=database.url.connect_timeout_s or database.connect_timeout_s,
        server_settings=database.startup_settings(),
        connection_class=HurriedConnection,
        **cache,
    )
    try:
        keep_alive(connection, database.url.keep_alive)
    except BaseException:
        connection.terminate()
        raise
    return connection


def keep_alive(connection: asyncpg.Connection, wanted: KeepAlive) -> None:
    """Notice within half a minute that the server is gone: asyncpg leaves the sockets as they are."""
    sock = connection._transport.get_extra_info("socket")  # noqa: SLF001  # there is no public way to it
    if sock is None or sock.family == socket.AF_UNIX or not wanted.enabled:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {"TCP_KEEPIDLE": wanted.idle_s, "TCP_KEEPINTVL": wanted.interval_s, "TCP_KEEPCNT": wanted.count}
    if wanted.user_timeout_ms:
        options["TCP_USER_TIMEOUT"] = wanted.user_timeout_ms
    for name, value in options.items():
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def set_locally(statement: str, connection: Connection) -> None:
    connection.exec_driver_sql(statement)


def refuse_closed(connection: DBAPIConnection, *_: object) -> None:
    """Pass over a connection that the server has closed: what a pre-ping tells, without its round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
