"""Notifications of PostgreSQL (LISTEN), on a connection that is opened again if it is lost."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from hello.connectors.postgres.engine import Database, connect
from hello.connectors.postgres.errors import business_errors
from hello.entities.errors import UnavailableError

PAUSE_S = 0.5
HEARTBEAT_S = 10
log = structlog.get_logger("hello.listener")


@dataclass(frozen=True, slots=True, eq=False)
class Subscriber:
    """Remembers a notification until `wait` has returned."""

    channel: str
    payload: str | None
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, timeout_s: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._told.wait()
        was_told = self._told.is_set()
        self._told.clear()
        return was_told

    def tell(self) -> None:
        self._told.set()


@dataclass(slots=True)
class PostgresListener:
    """Connects at the first `listen`. Notifies subscribers after each (re)connection, as one may be missed.

    A payload with commas tells several at once. Without a database that has sessions it wakes all subscribers
    every `poll_s` seconds, and they look for themselves.
    """

    database: Database | None
    channels: Collection[str]
    poll_s: float = 1
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _subscribers: dict[tuple[str, str | None], set[Subscriber]] = field(default_factory=dict)

    @contextmanager
    def listen(self, channel: str, payload: str | None = None) -> Iterator[Subscriber]:
        if channel not in self.channels:
            raise KeyError(channel)
        subscriber = Subscriber(channel, payload)
        others = self._subscribers.setdefault((channel, payload), set())
        others.add(subscriber)
        self._wanted.set()
        try:
            yield subscriber
        finally:
            others.discard(subscriber)
            if not others:
                self._subscribers.pop((channel, payload), None)

    async def keep(self) -> None:
        """Listen for ever; while the database is away try again and again."""
        await self._wanted.wait()
        if self.database is None:
            await self._poll()
            return
        while True:
            try:
                await self._listen_until_lost(self.database)
            except UnavailableError as error:
                log.debug("not listening", error=error.explanation)
            except Exception:
                log.exception("not listening, trying again")
            await asyncio.sleep(PAUSE_S)

    async def _poll(self) -> None:
        while True:
            self._tell_everybody()
            await asyncio.sleep(self.poll_s)

    async def _listen_until_lost(self, database: Database) -> None:
        with business_errors():
            connection = await connect(database)
            try:
                await self._listen(connection, database.deadline_s)
            finally:
                connection.terminate()

    async def _listen(self, connection: Any, deadline_s: float) -> None:  # noqa: ANN401  # asyncpg has no types
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        for channel in self.channels:
            await connection.add_listener(channel, self._heard)
        self._tell_everybody()
        while not lost.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), HEARTBEAT_S)
            await connection.fetchval("SELECT 1", timeout=deadline_s)

    def _heard(self, _connection: object, _pid: int, channel: str, payload: str) -> None:
        for part in (*payload.split(","), None):
            for subscriber in self._subscribers.get((channel, part), ()):
                subscriber.tell()

    def _tell_everybody(self) -> None:
        for subscribers in self._subscribers.values():
            for subscriber in subscribers:
                subscriber.tell()


@asynccontextmanager
async def open_listener(
    database: Database | None, channels: Collection[str], poll_s: float = 1
) -> AsyncIterator[PostgresListener]:
    """Begin to listen in the background: the process starts even if the database is unavailable."""
    listener = PostgresListener(database, channels, poll_s)
    task = asyncio.create_task(listener.keep())
    try:
        yield listener
    finally:
        task.cancel()
        await asyncio.wait([task])
