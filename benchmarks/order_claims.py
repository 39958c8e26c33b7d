"""What it costs a worker to claim orders that are due, however many are finished."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from benchmarks.database import Database, connected, execute
from benchmarks.errors import BenchError
from benchmarks.order_ground import CUSTOMER, ID, TABLES, due_orders, empty
from benchmarks.order_report import Row, Times
from benchmarks.places import CACHE
from benchmarks.progress import say
from hello.bootstrap.worker import ORDERS_AT_ONCE
from hello.connectors.postgres.engine import Database as Place
from hello.connectors.postgres.engine import open_engine
from hello.connectors.postgres.orders import PostgresOrders
from hello.core.clock import now

DUE, CLAIMS, WARM_UP = 1000, 200, 20
STEP, DEADLINE_S = 1_000_000, 600
BYTES_OF_AN_ORDER = 700
FLAT = 1.1
FINISHED = """
INSERT INTO orders
SELECT {id}, '{customer}', 'SHIPPED', NULL, 3998, 3, NULL, now(), now()
FROM generate_series({first}, {last}) AS n
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the orders are found, and how many pages are looked at: the same however busy the machine is."""

    scan: str
    pages: int


def claims(database: Database, sizes: Sequence[int]) -> list[Row]:
    """Raise `BenchError` when there is no room for so many orders."""
    check_room(max(sizes))
    empty(database)
    asyncio.run(execute(database.database_url, tuple(due_orders(DUE))))
    rows: list[Row] = []
    before, first = 0, None
    for size in sorted(sizes):
        grown = asyncio.run(grow(database.database_url, before, size))
        times, plan = asyncio.run(measured(database))
        rows.append(row_of(size, times, plan, first, grown))
        before, first = size, first or plan
    return rows


def row_of(size: int, times: Times, plan: Plan, first: Plan | None, grown: str) -> Row:
    return Row(
        what=f"a claim of {ORDERS_AT_ONCE} orders, {size:,} finished",
        p50_ms=times.p50,
        p99_ms=times.p99,
        max_ms=times.longest,
        target=f"pages ≤ {FLAT} times the first",
        is_met=plan.pages <= FLAT * first.pages if first else None,
        remark=f"{plan.scan}, {plan.pages:,} pages; {grown}",
    )


def check_room(finished: int) -> None:
    free = shutil.disk_usage(CACHE).free
    if free < finished * BYTES_OF_AN_ORDER:
        raise BenchError(f"{free / 1e9:.1f} GB are too little room for {finished:,} orders")


async def grow(url: str, before: int, size: int) -> str:
    """Return how long it took until there were so many finished orders."""
    start = monotonic()
    for first in range(before, size, STEP):
        last = min(first + STEP, size)
        numbers = {"first": DUE + first + 1, "last": DUE + last}
        await execute(url, (FINISHED.format(id=ID, customer=CUSTOMER, **numbers),))
        say(f"{last:,} finished orders after {monotonic() - start:.0f} s")
    await execute(url, (f"VACUUM (ANALYZE) {TABLES}", "CHECKPOINT"))
    async with connected(url) as connection:
        room = await connection.fetchval("SELECT pg_size_pretty(pg_total_relation_size('orders'))")
    return f"{size - before:,} more in {monotonic() - start:.0f} s, {room} with indexes"


async def measured(database: Database) -> tuple[Times, Plan]:
    place = Place(dsn=database.database_url, application_name="benchmark", deadline_s=DEADLINE_S)
    async with open_engine(place) as engine:
        for _ in range(WARM_UP):
            await claim_s(engine)
        times = Times.of([await claim_s(engine) for _ in range(CLAIMS)])
        return times, await plan_of(engine)


async def claim_s(engine: AsyncEngine) -> float:
    """Return how many seconds a claim takes that is taken back."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        await session.connection()
        start = perf_counter()
        found = await PostgresOrders(session).claim(now(), ORDERS_AT_ONCE)
        seconds = perf_counter() - start
        await session.rollback()
    if len(found) != ORDERS_AT_ONCE:
        raise BenchError(f"only {len(found)} orders were due")
    return seconds


async def plan_of(engine: AsyncEngine) -> Plan:
    statement, parameters = await claiming(engine)
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
    async with engine.connect() as connection:
        [found] = (await connection.exec_driver_sql(explain, parameters)).scalar_one()
    node = found["Plan"]
    pages = node["Shared Hit Blocks"] + node["Shared Read Blocks"]
    while "Plans" in node:
        node = node["Plans"][0]
    return Plan(f"{node['Node Type']} on {node.get('Index Name', 'no index')}", pages)


async def claiming(engine: AsyncEngine) -> tuple[str, Any]:
    """Send a claim, and return the statement that takes the orders, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def catch(*args: Any) -> None:  # noqa: ANN401
        sent.append((args[2], args[3]))

    event.listen(engine.sync_engine, "before_cursor_execute", catch)
    await claim_s(engine)
    event.remove(engine.sync_engine, "before_cursor_execute", catch)
    [found] = [one for one in sent if "SKIP LOCKED" in one[0]]
    return found
