"""Held connections with prepared statements: the shortest way to PostgreSQL and back."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hello.connectors.postgres.errors import cause_of, server_reason
from hello.entities.errors import UnknownOutcomeError

LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what it makes of a farewell that comes between two statements
    asyncpg.exceptions.AdminShutdownError,
    asyncpg.exceptions.CrashShutdownError,
    OSError,
)
SPARE = 2
"""How many connections may turn out to be lost before a statement fails."""
# PostgreSQL would plan the statement again for each array, which takes longer than to run it; and a plan from
# the time when the table was small must not read all of it when it has grown.
PLAN = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What the connections of batches have set: how to plan, and how long to wait for a lock of others.

    `lock_timeout_s` is None for the one of all connections.
    """

    lock_timeout_s: float | None = None

    def values(self) -> dict[str, str]:
        if self.lock_timeout_s is None:
            return PLAN
        return PLAN | {"lock_timeout": str(max(1, round(1000 * self.lock_timeout_s)))}

    def once(self) -> str:
        return "; ".join(f"SET {name} = {value}" for name, value in self.values().items())

    def locally(self) -> str:
        calls = [f"set_config('{name}', '{value}', true)" for name, value in self.values().items()]
        return f"SELECT {', '.join(calls)}"


class BatchStatement(Protocol):
    async def fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        """Run the statement in a transaction of its own."""
        ...


SqlFor = Callable[[int], str]
"""From the server's major release to its statement."""


@dataclass(slots=True, eq=False)
class HeldConnection:
    """A connection that is kept together with its prepared statements. Not for two calls at once."""

    engine: AsyncEngine
    settings: SessionSettings = field(default_factory=SessionSettings)
    is_sent: bool = False
    """Whether the server may have got the statement of the last call."""
    _connection: AsyncConnection | None = None
    _raw: Any = field(default=None, repr=False)
    _prepared: dict[SqlFor, Any] = field(default_factory=dict, repr=False)

    async def fetch(self, sql_for: SqlFor, arguments: Sequence[object]) -> Sequence[asyncpg.Record]:
        """Release the connection on any fault: after a time-out its state is unknown."""
        self.is_sent = False
        prepared = self._prepared.get(sql_for)
        if prepared is None or self._is_closed():
            prepared = await self._prepare(sql_for)
        self.is_sent = True
        try:
            records: Sequence[asyncpg.Record] = await prepared.fetch(*arguments)
        except asyncpg.DataError:
            raise
        except BaseException:
            await self.release()
            raise
        return records

    def _is_closed(self) -> bool:
        """Notice what the server has closed before anything is sent to it."""
        return self._raw is None or self._raw.is_closed()

    async def _prepare(self, sql_for: SqlFor) -> Any:  # noqa: ANN401  # asyncpg has no types
        try:
            if self._is_closed():
                await self._connect()
            prepared = await self._raw.prepare(sql_for(self._raw.get_server_version().major))
        except BaseException:
            await self.release()
            raise
        self._prepared[sql_for] = prepared
        return prepared

    async def _connect(self) -> None:
        await self.release()
        self._connection = await self.engine.connect()
        self._raw = (await self._connection.get_raw_connection()).driver_connection
        await self._raw.execute(self.settings.once())

    async def release(self) -> None:
        connection, self._connection, self._raw, self._prepared = self._connection, None, None, {}
        if connection is not None:
            with suppress(Exception):
                await connection.invalidate()
            with suppress(Exception):
                await connection.close()


class HeldConnections:
    """At most `size` connections, opened when they are needed; the call that has waited longest is next."""

    def __init__(self, engine: AsyncEngine, size: int, settings: SessionSettings | None = None) -> None:
        self._free = [HeldConnection(engine, settings or SessionSettings()) for _ in range(size)]
        self._all = tuple(self._free)
        self._slots = asyncio.Semaphore(size)

    async def take(self) -> HeldConnection:
        """Lend the one that was used last: the others are opened only if calls overlap."""
        await self._slots.acquire()
        return self._free.pop()

    def give_back(self, connection: HeldConnection) -> None:
        self._free.append(connection)
        self._slots.release()

    async def release(self) -> None:
        for connection in self._all:
            await connection.release()


@dataclass(frozen=True, slots=True)
class PreparedStatement:
    """Each call is a transaction of its own.

    A statement that `is_write` is repeated only if it surely did not run: a repeat could undo what others
    have written since.
    """

    connections: HeldConnections
    sql_for: SqlFor
    is_write: bool = False

    async def fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        """Run the statement; again, on another connection, when one turns out to be lost.

        The pool's may be lost as well, and not know it yet. Raise `UnknownOutcomeError` for a write that was
        sent and not answered.
        """
        connection = await self.connections.take()
        try:
            return await self._fetch(connection, arguments)
        finally:
            self.connections.give_back(connection)

    async def _fetch(
        self, connection: HeldConnection, arguments: Sequence[object]
    ) -> Sequence[asyncpg.Record]:
        for left in reversed(range(SPARE + 1)):
            try:
                return await connection.fetch(self.sql_for, arguments)
            except (*LOST, TimeoutError) as error:
                if connection.is_sent and self.is_write:
                    raise UnknownOutcomeError(reason=server_reason(error)) from error
                if left == 0 or isinstance(error, TimeoutError):
                    raise
        raise AssertionError


@dataclass(frozen=True, slots=True)
class PooledStatement:
    """The same through a pooler of transactions: prepared, planned and run within one transaction.

    A connection that is lost before the commit has stored nothing: the statement may be repeated.
    """

    engine: AsyncEngine
    sql_for: SqlFor
    settings: SessionSettings = field(default_factory=SessionSettings)

    async def fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        """Run the statement; again, on another connection, when one turns out to be lost."""
        for _ in range(SPARE):
            try:
                return await self._fetch(*arguments)
            except (*LOST, DBAPIError) as error:
                if not is_lost(error):
                    raise
        return await self._fetch(*arguments)

    async def _fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        async with self.engine.connect() as connection:
            try:
                raw: Any = (await connection.get_raw_connection()).driver_connection
                await connection.exec_driver_sql(self.settings.locally())
                sql = self.sql_for(raw.get_server_version().major)
                records: Sequence[asyncpg.Record] = await raw.fetch(sql, *arguments)
            except asyncpg.DataError:
                raise
            except BaseException:
                with suppress(Exception):
                    await connection.invalidate()
                raise
            await commit(connection)
        return records


def is_lost(error: Exception) -> bool:
    """Look into SQLAlchemy's own error: what begins the transaction is sent by its dialect."""
    return isinstance(cause_of(error) if isinstance(error, DBAPIError) else error, LOST)


async def commit(connection: AsyncConnection) -> None:
    """Raise `UnknownOutcomeError` if the answer to the commit is lost."""
    try:
        await connection.commit()
    except (*LOST, DBAPIError) as error:
        raise UnknownOutcomeError(reason=server_reason(error)) from error
