"""Days of birth in PostgreSQL, read and written in natural batches: one statement for many requests."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.errors import business_error
from hello.connectors.postgres.outbox import PACK_AFTER_SAVED, people_in_order
from hello.connectors.postgres.people import save_statement
from hello.connectors.postgres.prepared_statements import PooledStatement, PreparedStatement
from hello.connectors.postgres.watched_statements import BatchWatch, MakeStatement
from hello.core.batching import Batcher, Bounds, Callback, OverloadedError
from hello.core.traces import current_traceparent
from hello.entities.errors import BusyError, UnknownOutcomeError

FIND = "SELECT username, month_day FROM people WHERE username = ANY($1::text[])"
STAMP = "SELECT bit_xor(stamp) FROM birthday_list_stamps"
ONE_ROW = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
Affected = Callable[[], Collection[int]]


def save_with_event(major: int) -> str:
    return save_statement(major, PACK_AFTER_SAVED)


@dataclass(frozen=True, slots=True)
class PostgresPersonLookup:
    reads: Batcher[str, None, int]
    writes: Batcher[str, date, None]
    stamps: Batcher[None, None, int]

    def find_nowait(self, username: str, callback: Callback[int]) -> None:
        self.reads.submit(username, None, callback)

    def save_nowait(self, username: str, born: date, callback: Callback[None]) -> None:
        self.writes.submit(username, born, callback)

    def explain_find(self, error: Exception) -> Exception:
        return batch_error(error)

    def explain_save(self, error: Exception) -> Exception:
        if isinstance(error, TimeoutError):
            return UnknownOutcomeError(reason="no answer in time")
        return batch_error(error)

    async def find_month_day(self, username: str) -> int | None:
        try:
            return await self.reads.do(username, None)
        except Exception as error:
            raise batch_error(error) from error

    async def save(self, username: str, born: date) -> None:
        try:
            await self.writes.do(username, born)
        except Exception as error:
            raise self.explain_save(error) from error

    async def list_stamp(self) -> int:
        try:
            return await self.stamps.do(None, None) or 0
        except Exception as error:
            raise batch_error(error) from error


def batch_error(error: Exception) -> Exception:
    """Return a separate exception per waiter; each raises it in its own task."""
    if isinstance(error, OverloadedError):
        return BusyError("more requests are waiting for the database than it can take")
    if isinstance(error, UnknownOutcomeError):
        return UnknownOutcomeError(reason=error.reason)
    return business_error(error) or error


@asynccontextmanager
async def open_person_lookup(
    engine: AsyncEngine,
    affected: Affected,
    bounds: Bounds,
    *,
    transaction_pooling: bool = False,
    watch: BatchWatch | None = None,
) -> AsyncIterator[PostgresPersonLookup]:
    """Hold a connection for each kind of statement; `affected` gives the days that the lists are of."""
    make_read: MakeStatement = partial(PooledStatement, engine)
    make_write = make_read
    if not transaction_pooling:
        make_read, make_write = (
            partial(PreparedStatement, engine),
            partial(PreparedStatement, engine, is_write=True),
        )
    watch = watch or BatchWatch()
    find, stamp = watch.statement(make_read, lambda _: FIND), watch.statement(make_read, lambda _: STAMP)
    save = watch.statement(make_write, save_with_event)

    async def find_all(names: Mapping[str, None]) -> Mapping[str, int]:
        return dict(await find.fetch(list(names)))

    async def save_all(births: Mapping[str, date]) -> Mapping[str, None]:
        try:
            await save.fetch(*people_in_order(births), list(affected()), current_traceparent())
        except Exception as error:
            watch.failed(error)
            raise
        return {}

    async def stamp_of_all(_: Mapping[None, None]) -> Mapping[None, int]:
        return {None: (await stamp.fetch())[0][0]}

    try:
        reads = watch.batcher("find", find_all, bounds, is_one_row)
        writes = watch.batcher("save", save_all, replace(bounds, overlap=True), is_one_row)
        stamps = watch.batcher("stamp", stamp_of_all, bounds, is_one_row)
        yield PostgresPersonLookup(reads, writes, stamps)
    finally:
        for statement in (find, save, stamp):
            await statement.release()


def is_one_row(error: Exception) -> bool:
    return isinstance(error, ONE_ROW)
