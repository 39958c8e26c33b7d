"""What calls share that arrive together: batches, their statements, and the connections held for them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.errors import business_error
from hello.connectors.postgres.prepared_statements import (
    BatchStatement,
    HeldConnections,
    PooledStatement,
    PreparedStatement,
    SessionSettings,
    SqlFor,
)
from hello.connectors.postgres.watched_statements import BatchWatch
from hello.core.batching import Batcher, Bounds, Callback, Item, Key, OverloadedError, Result
from hello.entities.errors import BusyError, UnknownOutcomeError

FEW_WAITING, BATCHES_WAITING = 500, 25
Call: TypeAlias = Callable[[Mapping[Key, Item]], Awaitable[Mapping[Key, Result]]]
Explain: TypeAlias = Callable[[Exception], Exception]
ONE_ROW = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.LockNotAvailableError)


@dataclass(frozen=True, slots=True)
class BatchedLookup(Generic[Key, Result]):
    """The port `Lookup`: calls that arrive while a statement runs share the next one."""

    batcher: Batcher[Key, None, Result]

    async def find(self, key: Key) -> Result | None:
        try:
            return await self.batcher.do(key, None)
        except Exception as error:
            raise batch_error(error) from error

    def find_nowait(self, key: Key, callback: Callback[Result]) -> None:
        try:
            self.batcher.submit(key, None, partial(call_back, batch_error, callback))
        except OverloadedError as error:
            callback(None, batch_error(error))


@dataclass(frozen=True, slots=True)
class BatchedWrites(Generic[Key, Item, Result]):
    """The same for writes: they share a transaction."""

    batcher: Batcher[Key, Item, Result]

    async def do(self, key: Key, item: Item) -> Result | None:
        try:
            return await self.batcher.do(key, item)
        except Exception as error:
            raise write_error(error) from error

    def do_nowait(self, key: Key, item: Item, callback: Callback[Result]) -> None:
        try:
            self.batcher.submit(key, item, partial(call_back, write_error, callback))
        except OverloadedError as error:
            callback(None, batch_error(error))


def call_back(
    explain: Explain, callback: Callback[Result], result: Result | None, error: Exception | None
) -> None:
    callback(result, error and explain(error))


def batch_error(error: Exception) -> Exception:
    """Return a separate exception per waiter; each raises it in its own task."""
    if isinstance(error, OverloadedError):
        return BusyError("more requests are waiting for the database than it can take")
    if isinstance(error, UnknownOutcomeError):
        return UnknownOutcomeError(reason=error.reason)
    return business_error(error) or error


def write_error(error: Exception) -> Exception:
    """Return the same for a write, which may have been stored although no answer came in time."""
    if isinstance(error, TimeoutError):
        return UnknownOutcomeError(reason="no answer in time")
    return batch_error(error)


def is_one_row(error: Exception) -> bool:
    """Say whether only one of a batch may be at fault."""
    return isinstance(error, ONE_ROW)


@dataclass(frozen=True, slots=True)
class Batches:
    """Makes statements and batches; `connections` is None beyond a pooler of transactions."""

    engine: AsyncEngine
    bounds: Bounds
    watch: BatchWatch
    connections: HeldConnections | None
    settings: SessionSettings

    def reading(self, sql: str) -> BatchStatement:
        return self.statement(lambda _: sql)

    def statement(self, sql_for: SqlFor, *, is_write: bool = False) -> BatchStatement:
        if self.connections is None:
            make_pooled = partial(PooledStatement, self.engine, settings=self.settings)
            return self.watch.statement(make_pooled, sql_for)
        make = partial(PreparedStatement, self.connections, is_write=is_write)
        return self.watch.statement(make, sql_for)

    def lookup(
        self, name: str, sql: str, view: Callable[[asyncpg.Record], Result]
    ) -> BatchedLookup[UUID, Result]:
        """Return one of rows by their ids: `$1` of the statement is an array, its first column the id."""
        statement = self.reading(sql)

        async def find_all(ids: Mapping[UUID, None]) -> Mapping[UUID, Result]:
            return {row[0]: view(row) for row in await statement.fetch(list(ids))}

        return BatchedLookup(self.batcher(name, find_all))

    def shared(
        self, name: str, find: Callable[[Key], Awaitable[Result]], *, at_once: int
    ) -> BatchedLookup[Key, Result]:
        """Return one without a common statement: only equal calls that wait share what is found."""

        async def find_one(keys: Mapping[Key, None]) -> Mapping[Key, Result]:
            return {key: await find(key) for key in keys}

        return BatchedLookup(self.batcher(name, find_one, batch=1, in_flight=at_once))

    def batcher(
        self,
        name: str,
        call: Call[Key, Item, Result],
        *,
        batch: int | None = None,
        in_flight: int = 1,
        overlap: bool = False,
    ) -> Batcher[Key, Item, Result]:
        """Return one of this name in metrics and traces.

        Let fewer wait where a batch is small: they would wait for longer than a client does.
        """
        own = replace(self.bounds, in_flight=in_flight, overlap=overlap)
        if batch is not None:
            waiting = max(FEW_WAITING, BATCHES_WAITING * batch)
            own = replace(own, batch=batch, waiting=min(own.waiting, waiting))
        return self.watch.batcher(name, call, own, is_one_row)

    def writes(
        self, name: str, call: Call[Key, Item, Result], *, batch: int
    ) -> BatchedWrites[Key, Item, Result]:
        """Record what fails, for readiness: a server may take no writes."""

        async def recorded(items: Mapping[Key, Item]) -> Mapping[Key, Result]:
            try:
                return await call(items)
            except Exception as error:
                self.watch.failed(error)
                raise

        return BatchedWrites(self.batcher(name, recorded, batch=batch, overlap=True))


@asynccontextmanager
async def open_batches(  # noqa: PLR0913  # each is for its caller to choose
    engine: AsyncEngine,
    bounds: Bounds,
    size: int,
    *,
    transaction_pooling: bool = False,
    watch: BatchWatch | None = None,
    lock_timeout_s: float | None = None,
) -> AsyncIterator[Batches]:
    """Hold at most `size` connections of the engine's pool.

    They wait for locks of others no longer than `lock_timeout_s`, since a whole batch waits with one row.
    """
    settings = SessionSettings(lock_timeout_s)
    connections = None if transaction_pooling else HeldConnections(engine, size, settings)
    try:
        yield Batches(engine, bounds, watch or BatchWatch(), connections, settings)
    finally:
        if connections is not None:
            await connections.release()
