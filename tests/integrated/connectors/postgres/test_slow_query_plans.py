"""Slow queries on a real PostgreSQL: which statements are noticed, and their plans."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.person_lookup import FIND, open_person_lookup, save_with_event
from hello.connectors.postgres.slow_queries import SlowQueries, explainer
from hello.connectors.postgres.watched_statements import BatchWatch
from hello.core.batching import Bounds
from tests.support.builders import a_name

pytestmark = pytest.mark.integrated


class Seen(SlowQueries):
    """Remembers every statement, however quick it was."""

    def __init__(self) -> None:
        super().__init__(threshold_s=0)
        self.statements: list[str] = []

    def ran(self, statement: str, seconds: float) -> None:
        assert 0 <= seconds < 10
        self.statements.append(statement)


@pytest.fixture
async def watched(database: Database) -> AsyncIterator[tuple[AsyncEngine, Seen]]:
    seen = Seen()
    async with open_engine(database) as engine:
        seen.watch(engine)
        yield engine, seen


async def test_statements_of_the_engine_are_noticed_also_when_they_fail(
    watched: tuple[AsyncEngine, Seen],
) -> None:
    engine, seen = watched
    async with engine.connect() as connection:
        await connection.execute(text("SELECT :one"), {"one": "x"})
        with pytest.raises(DBAPIError):
            await connection.execute(text("SELECT 1 / :zero"), {"zero": 0})
    assert seen.statements == ["SELECT $1", "SELECT 1 / $1"]


async def test_statements_of_batches_are_noticed(engine: AsyncEngine) -> None:
    seen = Seen()
    watch = BatchWatch(None, seen)
    async with open_person_lookup(engine, lambda: [101], Bounds(), watch=watch) as lookup:
        await lookup.find_month_day(a_name())
    assert seen.statements == [FIND]


@pytest.mark.parametrize("statement", [FIND, "SELECT $1", "DELETE FROM people WHERE month_day = $1"])
async def test_plan_is_that_for_any_values(database: Database, statement: str) -> None:
    plan = "\n".join(await explainer(database)(statement))
    assert "cost=" in plan
    assert ("$1" in plan) == ("people" in statement)


async def test_plan_of_a_statement_that_writes_writes_nothing(
    database: Database, engine: AsyncEngine, major: int
) -> None:
    async with engine.connect() as connection:
        before = await connection.scalar(text("SELECT count(*) FROM people"))
        plan = await explainer(database)(save_with_event(major))
        after = await connection.scalar(text("SELECT count(*) FROM people"))
    assert any("Insert on people" in line for line in plan)
    assert before == after


@pytest.fixture
async def major(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text("SHOW server_version_num")) or 0) // 10_000


async def test_slow_statement_is_logged_with_its_plan(database: Database) -> None:
    secret = a_name()
    slow = SlowQueries(threshold_s=0.02, explain=explainer(database))
    with capture_logs() as logs:
        async with open_engine(database) as engine:
            slow.watch(engine)
            async with engine.connect() as connection:
                people = "(SELECT count(*) FROM people WHERE username = :name)"
                query = text(f"SELECT {people}, pg_sleep(0.03)")
                await connection.execute(text("SELECT :name"), {"name": secret})
                await connection.execute(query, {"name": secret})
        await until_logged(lambda: any(entry["event"] == "plan of a slow query" for entry in logs))
        await slow.close()
    assert [entry["event"] for entry in logs] == ["slow query", "plan of a slow query"]
    assert "on people" in next(entry["plan"] for entry in logs if "plan" in entry)
    assert secret not in str(logs)


async def until_logged(is_logged: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_logged():
            await asyncio.sleep(0.01)
