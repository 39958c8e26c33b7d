"""No query reads the whole table, however many people there are."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hello.connectors.postgres.people import PostgresPeople
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.birthdays import LeapDay, groups_between
from tests.support.builders import a_name

pytestmark = pytest.mark.integrated
PEOPLE = 20_000
INDEX_ROWS = re.compile(r"Index (?:Only )?Scan.* \(actual rows=([0-9.]+) loops=(\d+)\)")
Query = Callable[[PostgresPeople], Awaitable[object]]
COMMON_MARCH_1 = list(groups_between(date(2026, 3, 1), 0, 0, LeapDay.MAR1))
YEAR = list(groups_between(date(2026, 3, 1), 1, 366, LeapDay.MAR1))


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
        pytest.param(
            lambda people: people.celebrating(COMMON_MARCH_1, (0, ""), 21), id="first page of 1 March"
        ),
        pytest.param(lambda people: people.celebrating(COMMON_MARCH_1, (0, "m"), 21), id="later page"),
        pytest.param(lambda people: people.celebrating(YEAR[:7], (-1, ""), 21), id="coming week"),
        pytest.param(lambda people: people.celebrating(YEAR, (30, "m"), 21), id="coming year"),
        pytest.param(lambda people: people.celebrating_text(YEAR, (-1, ""), 1001), id="calendar"),
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
@pytest.mark.parametrize("day", [date(2026, 6, 15), date(2026, 2, 20), date(2027, 12, 25)])
async def test_page_reads_at_most_twice_its_limit_of_index_rows(
    rolled_back: PostgresUnitOfWork, connection: AsyncConnection, day: date, rule: LeapDay
) -> None:
    groups = list(groups_between(day, 0, 366, rule))
    for limit, after in [(50, (-1, "")), (1000, (-1, "")), (1000, (5, "m")), (PEOPLE, (-1, ""))]:
        plan = await plan_of(
            rolled_back,
            connection,
            lambda people, limit=limit, after=after: people.celebrating_text(groups, after, limit),  # type: ignore[misc]
            "EXPLAIN (ANALYZE, TIMING OFF)",
        )
        read = [float(rows) * int(loops) for rows, loops in INDEX_ROWS.findall(plan)]
        assert 0 < sum(read) <= 2 * limit, plan


async def plan_of(
    rolled_back: PostgresUnitOfWork, connection: AsyncConnection, query: Query, explain: str = "EXPLAIN"
) -> str:
    """Send the query, catch its statement, and have PostgreSQL explain that."""
    sent: list[tuple[str, Any]] = []

    def catch(*args: Any) -> None:  # noqa: ANN401
        sent.append((args[2], args[3]))

    event.listen(connection.sync_connection, "before_cursor_execute", catch)
    async with rolled_back.begin() as tx:
        await query(tx.people)
    event.remove(connection.sync_connection, "before_cursor_execute", catch)
    [(statement, parameters)] = [one for one in sent if "people" in one[0]]
    plan = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
    return "\n".join(plan.scalars())
