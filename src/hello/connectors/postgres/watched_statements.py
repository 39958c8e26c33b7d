"""What is watched of the statements of batches: their spans, and how long they take."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeAlias

import asyncpg

from hello.connectors.postgres.prepared_statements import BatchStatement, SqlFor
from hello.connectors.postgres.slow_queries import SlowQueries
from hello.core.batching import Batcher, Bounds, Item, Key, Measure, Result, measure_nothing
from hello.core.traced_batching import TracedBatcher
from hello.core.traces import Kind, Tracer, current_traceparent

MakeStatement: TypeAlias = Callable[[SqlFor], BatchStatement]


NEWEST = 99
"""A release that takes what the newest takes; which one the server has is known once it is connected."""


@dataclass(slots=True, eq=False)
class StatementText:
    """Remembers the statement that was made for the server's release."""

    sql_for: SqlFor
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.sql_for(NEWEST)

    def __call__(self, major: int) -> str:
        self.text = self.sql_for(major)
        return self.text

    @property
    def operation(self) -> str:
        return self.text.split(maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class TracedStatement:
    statement: BatchStatement
    sql: StatementText
    tracer: Tracer

    async def fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        if (trace := current_traceparent()) is None:
            return await self.statement.fetch(*arguments)
        about = {"db.system.name": "postgresql", "db.query.text": self.sql.text}
        with self.tracer.span(self.sql.operation, Kind.CLIENT, trace, about):
            return await self.statement.fetch(*arguments)


@dataclass(frozen=True, slots=True)
class TimedStatement:
    statement: BatchStatement
    sql: StatementText
    slow_queries: SlowQueries

    async def fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        start = monotonic()
        try:
            return await self.statement.fetch(*arguments)
        finally:
            self.slow_queries.ran(self.sql.text, monotonic() - start)


def ignore(_: Exception) -> None:
    """Do nothing."""


def unmeasured(_: str) -> Measure:
    """Measure no batch, of whatever name."""
    return measure_nothing


@dataclass(frozen=True, slots=True)
class BatchWatch:
    """Makes the parts of batches, and wraps them only where something is watched.

    `failed` is called with what a write raises, `measure` makes the measure of the batches of a name.
    """

    tracer: Tracer | None = None
    slow_queries: SlowQueries | None = None
    failed: Callable[[Exception], None] = ignore
    measure: Callable[[str], Measure] = unmeasured

    def statement(self, make: MakeStatement, sql_for: SqlFor) -> BatchStatement:
        if self.tracer is None and self.slow_queries is None:
            return make(sql_for)
        sql = StatementText(sql_for)
        statement = make(sql)
        if self.slow_queries is not None:
            statement = TimedStatement(statement, sql, self.slow_queries)
        return statement if self.tracer is None else TracedStatement(statement, sql, self.tracer)

    def batcher(
        self,
        name: str,
        call: Callable[[Mapping[Key, Item]], Awaitable[Mapping[Key, Result]]],
        bounds: Bounds,
        may_be_one_item: Callable[[Exception], bool],
    ) -> Batcher[Key, Item, Result]:
        if self.tracer is None:
            return Batcher(call, bounds, may_be_one_item, self.measure(name))
        return TracedBatcher(
            call, bounds, may_be_one_item, self.measure(name), tracer=self.tracer, name=f"batch {name}"
        )
