"""Days of birth in PostgreSQL, read and written in natural batches: one statement for many requests."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.batches import Batches, batch_error, open_batches, write_error
from hello.connectors.postgres.outbox import PACK_AFTER_SAVED, people_in_order
from hello.connectors.postgres.people import save_statement
from hello.connectors.postgres.watched_statements import BatchWatch
from hello.core.batching import Batcher, Bounds, Callback
from hello.core.traces import current_traceparent

FIND = "SELECT username, month_day FROM people WHERE username = ANY($1::text[])"
STAMP = "SELECT bit_xor(stamp) FROM birthday_list_stamps"
KINDS = 3
"""Of statements: each finds a connection that is free, as one of them runs at a time."""
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
        return write_error(error)

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
    opening = open_batches(engine, bounds, KINDS, transaction_pooling=transaction_pooling, watch=watch)
    async with opening as batches:
        yield person_lookup(batches, affected)


def person_lookup(batches: Batches, affected: Affected) -> PostgresPersonLookup:
    find, stamp = batches.reading(FIND), batches.reading(STAMP)
    save = batches.statement(save_with_event, is_write=True)

    async def find_all(names: Mapping[str, None]) -> Mapping[str, int]:
        return dict(await find.fetch(list(names)))

    async def save_all(births: Mapping[str, date]) -> Mapping[str, None]:
        try:
            await save.fetch(*people_in_order(births), list(affected()), current_traceparent())
        except Exception as error:
            batches.watch.failed(error)
            raise
        return {}

    async def stamp_of_all(_: Mapping[None, None]) -> Mapping[None, int]:
        return {None: (await stamp.fetch())[0][0]}

    return PostgresPersonLookup(
        reads=batches.batcher("find", find_all),
        writes=batches.batcher("save", save_all, overlap=True),
        stamps=batches.batcher("stamp", stamp_of_all),
    )
