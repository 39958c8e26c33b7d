"""Turns: of all processes that want to do something, one does it at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.engine import Database, connect, milliseconds
from hello.connectors.postgres.errors import business_errors
from hello.entities.errors import UnavailableError
from hello.services.event_ports import Blocker

LOCKS = 731_004_212  # any number that nothing else locks by
ACQUIRE = "SELECT pg_try_advisory_lock($1, hashtext($2))"
ACQUIRE_IN_TRANSACTION = "SELECT pg_try_advisory_xact_lock($1, hashtext($2))"
HOLDERS = text(
    """
    SELECT name, pid, datname, application_name, coalesce(xact_start, backend_start)
    FROM unnest(CAST(:names AS text[])) AS name
    JOIN pg_locks ON objid = (hashtext(name)::bigint & 4294967295)::oid
    JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND classid = :locks AND objsubid = 2 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY name
    """
)
PAUSE_S = 0.5
HOLD_S = 20.0
"""How long the server keeps the lock of a process that says nothing: one that is stopped, or cut off."""
HEARTBEATS = 4
"""So many in that time."""


@dataclass(slots=True, kw_only=True)
class AdvisoryLock:
    """`alive_at` is when the server was last asked for an answer that came, by the clock `elapsed`."""

    connection: Any
    hold_s: float
    deadline_s: float
    elapsed: Callable[[], float]
    alive_at: float

    def check(self) -> None:
        """Raise `UnavailableError` when it may have been lost, and another process may have it."""
        if self.connection.is_closed() or self.elapsed() - self.alive_at >= self.hold_s:
            raise UnavailableError("the connection that held the lock is gone")

    async def keep(self) -> None:
        """Tell the server again and again that this process is there; give up the lock at the first fault."""
        while True:
            await asyncio.sleep(self.hold_s / HEARTBEATS)
            asked_at = self.elapsed()
            try:
                await self.connection.fetchval("SELECT 1", timeout=self.deadline_s)
            except Exception:  # noqa: BLE001  # whatever it is, the lock is not sure any more
                self.connection.terminate()
                return
            self.alive_at = asked_at


@dataclass(frozen=True, slots=True)
class PostgresAdvisoryLocks:
    """A lock ends with its connection: at once when its process dies, within `hold_s` when it is stopped.

    Through a pooler of transactions it is a transaction that stays open, for which the pooler keeps a
    connection of the server.
    """

    database: Database
    hold_s: float = HOLD_S
    elapsed: Callable[[], float] = monotonic
    waiting: set[str] = field(default_factory=set)
    """The names that this process waits for."""

    @asynccontextmanager
    async def acquire(self, name: str) -> AsyncIterator[AdvisoryLock]:
        """Wait until no other process has the lock of this name; raise `UnavailableError`."""
        with business_errors():
            connection = await connect(self.database)
        try:
            with business_errors():
                await self._begin(connection)
                asked_at = await self._wait(connection, name)
            async with self._kept(connection, asked_at) as lock:
                yield lock
        finally:
            connection.terminate()

    async def _wait(self, connection: Any, name: str) -> float:  # noqa: ANN401
        """Return when the try began that got it."""
        try:
            while True:
                asked_at = self.elapsed()
                if await self._is_acquired(connection, name):
                    return asked_at
                self.waiting.add(name)
                await asyncio.sleep(PAUSE_S)
        finally:
            self.waiting.discard(name)

    @asynccontextmanager
    async def _kept(self, connection: Any, asked_at: float) -> AsyncIterator[AdvisoryLock]:  # noqa: ANN401
        lock = AdvisoryLock(
            connection=connection,
            hold_s=self.hold_s,
            deadline_s=self.database.deadline_s,
            elapsed=self.elapsed,
            alive_at=asked_at,
        )
        keeping = asyncio.create_task(lock.keep())
        try:
            yield lock
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    async def _begin(self, connection: Any) -> None:  # noqa: ANN401
        hold = milliseconds(self.hold_s)
        if self.database.transaction_pooling:
            await connection.execute("BEGIN")
            await connection.execute(self.database.local_settings(idle_in_transaction_session_timeout=hold))
        else:
            await connection.execute(f"SET idle_session_timeout = {hold}")

    async def _is_acquired(self, connection: Any, name: str) -> bool:  # noqa: ANN401  # asyncpg has no types
        statement = ACQUIRE_IN_TRANSACTION if self.database.transaction_pooling else ACQUIRE
        is_acquired: bool = await connection.fetchval(
            statement, LOCKS, name, timeout=self.database.deadline_s
        )
        return is_acquired


@dataclass(frozen=True, slots=True)
class AdvisoryLocksProbe:
    """Says in readiness which locks the process waits for, and who has them: waiting is no fault."""

    engine: AsyncEngine
    waiting: Collection[str]
    name: str = "locks"
    required: bool = False

    async def check(self) -> str | None:
        if not self.waiting:
            return None
        parameters = {"locks": LOCKS, "names": sorted(self.waiting)}
        with business_errors():
            async with self.engine.connect() as connection:
                rows = (await connection.execute(HOLDERS, parameters)).all()
        return "; ".join(f"waits for {name}, which {Blocker(*holder)} has" for name, *holder in rows) or None
