"""Slow queries: which are logged, how often, and when they are explained."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from hello.connectors.postgres.slow_queries import (
    EXPLAINED_EVERY_S,
    LOGGED_EVERY_S,
    MAX_TEXT,
    SlowQueries,
    query_log,
)

SELECT, INSERT = "SELECT 1", "INSERT INTO people VALUES ($1)"


@dataclass
class Server:
    """Explains statements, or fails."""

    now: float = 100
    asked: list[str] = field(default_factory=list)
    error: Exception | None = None

    def timer(self) -> float:
        return self.now

    async def explain(self, statement: str) -> Sequence[str]:
        self.asked.append(statement)
        if self.error:
            raise self.error
        return ["Seq Scan on people", "  Filter: (username = $1)"]

    def slow_queries(self, *, explains: bool = False) -> SlowQueries:
        queries = query_log()
        queries.timer = self.timer
        explain = self.explain if explains else None
        return SlowQueries(threshold_s=0.5, explain=explain, timer=self.timer, queries=queries)


def test_statement_is_logged_from_the_threshold_on_without_values() -> None:
    slow = Server().slow_queries()
    with capture_logs() as logs:
        slow.ran(SELECT, 0.499)
        slow.ran(INSERT, 0.5)
    [entry] = logs
    assert (entry["event"], entry["log_level"]) == ("slow query", "warning")
    assert (entry["statement"], entry["duration_ms"]) == (INSERT, 500)


def test_long_statement_is_cut() -> None:
    with capture_logs() as logs:
        Server().slow_queries().ran("SELECT " + "x" * MAX_TEXT, 1)
    assert len(logs[0]["statement"]) == MAX_TEXT


def test_flood_is_bounded_per_operation() -> None:
    server = Server()
    slow = server.slow_queries()
    with capture_logs() as logs:
        for _ in range(50):
            slow.ran(SELECT, 1)
        slow.ran(INSERT, 1)
        server.now += LOGGED_EVERY_S
        slow.ran(SELECT, 1)
    assert [(entry["cause"], entry["left_out"]) for entry in logs] == [
        ("SELECT", 0),
        ("INSERT", 0),
        ("SELECT", 49),
    ]


async def test_one_plan_is_asked_for_at_a_time_and_every_few_seconds() -> None:
    server = Server()
    slow = server.slow_queries(explains=True)
    with capture_logs() as logs:
        for statement in (INSERT, SELECT, SELECT):
            slow.ran(statement, 1)
            await asyncio.sleep(0)
        server.now += EXPLAINED_EVERY_S
        slow.ran(SELECT, 1)
        await asyncio.sleep(0)
    assert server.asked == [INSERT, SELECT]
    plans = [entry for entry in logs if entry["event"] == "plan of a slow query"]
    assert plans[0]["plan"] == "Seq Scan on people\n  Filter: (username = $1)"
    assert [entry["statement"] for entry in plans] == [INSERT, SELECT]


@pytest.mark.parametrize("error", [OSError("away"), TimeoutError()])
async def test_plan_that_cannot_be_had_is_one_line(error: Exception) -> None:
    server = Server(error=error)
    slow = server.slow_queries(explains=True)
    with capture_logs() as logs:
        slow.ran(SELECT, 1)
        await asyncio.sleep(0)
    assert [entry["event"] for entry in logs] == ["slow query", "slow query has no plan"]
    assert logs[1]["error"] == type(error).__name__


async def test_close_ends_an_explanation() -> None:
    server = Server()
    forever = asyncio.Event()

    async def explain(_: str) -> Sequence[str]:
        await forever.wait()
        return []

    slow = server.slow_queries()
    slow.explain = explain
    await slow.close()
    slow.ran(SELECT, 1)
    await asyncio.sleep(0)
    await asyncio.wait_for(slow.close(), 1)
