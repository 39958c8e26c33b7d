"""Statements of batches: watched only where tracing or slow queries are on."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import pytest

from hello.connectors.postgres.prepared_statements import SqlFor
from hello.connectors.postgres.slow_queries import SlowQueries
from hello.connectors.postgres.watched_statements import BatchWatch
from hello.core.batching import Batcher, Bounds
from hello.core.traced_batching import TracedBatcher
from hello.core.traces import traced
from tests.twins.traces import RECORDED, TwinTracer


@dataclass
class Statement:
    sql_for: SqlFor

    async def fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        self.sql_for(16)
        if "bad" in arguments:
            raise ValueError("bad")
        return []


def sql(major: int) -> str:
    return f"SELECT {major}"


class Slow(SlowQueries):
    """Remembers what ran, however quick it was."""

    def __init__(self) -> None:
        super().__init__(threshold_s=0)
        self.seen: list[str] = []

    def ran(self, statement: str, seconds: float) -> None:
        assert seconds >= 0
        self.seen.append(statement)


async def test_nothing_is_wrapped_when_nothing_is_watched() -> None:
    watch = BatchWatch()
    assert type(watch.statement(Statement, sql)) is Statement

    async def call(_: object) -> dict[str, int]:
        return {}

    assert type(watch.batcher("find", call, Bounds(), lambda _: False)) is Batcher
    assert type(BatchWatch(TwinTracer()).batcher("find", call, Bounds(), lambda _: False)) is TracedBatcher


async def test_statement_within_a_trace_is_a_span() -> None:
    tracer = TwinTracer()
    statement = BatchWatch(tracer).statement(Statement, sql)
    await statement.fetch()
    with traced(RECORDED):
        await statement.fetch()
    [span] = tracer.spans
    assert (span.name, span.kind) == ("SELECT", "client")
    assert span.attributes == {"db.system.name": "postgresql", "db.query.text": "SELECT 16"}


async def test_slow_queries_hear_of_statements_that_fail_as_well() -> None:
    slow = Slow()
    statement = BatchWatch(None, slow).statement(Statement, sql)
    await statement.fetch()
    with pytest.raises(ValueError, match="bad"):
        await statement.fetch("bad")
    assert slow.seen == ["SELECT 16", "SELECT 16"]
