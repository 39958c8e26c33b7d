"""No query reads the whole table, however many people there are."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hello.connectors.postgres.celebrations import PAGES, arguments_of
from hello.connectors.postgres.people import PostgresPeople
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.birthdays import LeapDay
from hello.services.lookups import BirthdayPageKey
from tests.support.builders import a_name

pytestmark = pytest.mark.integrated
PEOPLE = 20_000
INDEX_ROWS = re.compile(r"Index (?:Only )?Scan.* \(actual rows=([0-9.]+) loops=(\d+)\)")
Query = Callable[[PostgresPeople], Awaitable[object]]


@pytest.fixture(scope="module")
async def engine(own_engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Many people, committed and vacuumed: rows of transactions that were undone would stay in the index."""
    async with PostgresUnitOfWork.of(own_engine, 60).begin() as tx:
        await tx.people.save(population(), [])
    async with own_engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.exec_driver_sql("VACUUM ANALYZE people")
        yield own_engine
        await autocommit.exec_driver_sql("TRUNCATE people, outbox")


def population() -> dict[str, date]:
    random = Random(1)  # noqa: S311
    first = date(1950, 1, 1)
    return {a_name(): first + timedelta(random.randrange(25_000)) for _ in range(PEOPLE)}


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(lambda people: people.page("m", 2000), id="export"),
        pytest.param(lambda people: people.save({"John": date(1990, 5, 17)}, [517]), id="save"),
    ],
)
async def test_no_query_scans_the_table(
    rolled_back: PostgresUnitOfWork, connection: AsyncConnection, query: Query
) -> None:
    """The 64 stamps of the lists fill one page: the planner may read them all."""
    plan = await plan_of(rolled_back, connection, query)
    assert "Seq Scan" not in plan.replace("Seq Scan on birthday_list_stamps", ""), plan


@pytest.mark.parametrize("rule", LeapDay)
@pytest.mark.parametrize("day", [date(2026, 6, 15), date(2026, 2, 20), date(2026, 3, 1), date(2027, 12, 25)])
async def test_page_reads_at_most_twice_its_limit_of_index_rows(
    connection: AsyncConnection, day: date, rule: LeapDay
) -> None:
    """Also the plan that suits any page: PostgreSQL makes no other for these connections."""
    raw: Any = (await connection.get_raw_connection()).driver_connection
    await raw.execute("SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off")
    explained = await raw.prepare(f"EXPLAIN (ANALYZE, TIMING OFF) {PAGES}")
    for limit, after in [(1, (-1, "")), (50, (-1, "")), (1000, (5, "m")), (PEOPLE, (-1, ""))]:
        keys = [BirthdayPageKey(day, 0, last, rule, after, limit) for last in (0, 7, 366)]
        plan = "\n".join(line for (line,) in await explained.fetch(*arguments_of(keys)))
        assert "Seq Scan" not in plan, plan
        read = [float(rows) * int(loops) for rows, loops in INDEX_ROWS.findall(plan)]
        assert 0 < sum(read) <= 2 * limit * len(keys) + 10, plan


async def plan_of(rolled_back: PostgresUnitOfWork, connection: AsyncConnection, query: Query) -> str:
    """Send the query, catch its statement, and have PostgreSQL explain that."""
    sent: list[tuple[str, Any]] = []

    def catch(*args: Any) -> None:  # noqa: ANN401
        sent.append((args[2], args[3]))

    event.listen(connection.sync_connection, "before_cursor_execute", catch)
    async with rolled_back.begin() as tx:
        await query(tx.people)
    event.remove(connection.sync_connection, "before_cursor_execute", catch)
    [(statement, parameters)] = [one for one in sent if "people" in one[0]]
    plan = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    return "\n".join(plan.scalars())
