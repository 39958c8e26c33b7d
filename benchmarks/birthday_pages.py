"""What the page of today's birthdays costs, from PostgreSQL and from the cache, as people grow in number.

Run `python -m benchmarks.birthday_pages [people ...]`: real PostgreSQL and Valkey, started and removed here.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter

from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.bootstrap.connectors import stamped_pages
from hello.connectors.embedded.servers import Servers, destroy, embedded_servers
from hello.connectors.postgres.batches import open_batches
from hello.connectors.postgres.celebrations import birthday_pages
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.migrate import migrate
from hello.connectors.postgres.person_lookup import KINDS, person_lookup
from hello.connectors.redis.client import open_redis
from hello.core.batching import Bounds
from hello.core.settings import Settings
from hello.entities.birthdays import LeapDay
from hello.services.lookups import BirthdayPage, BirthdayPageKey, Lookup
from hello.services.ports import Stamp, StampedPages

SIZES = [10_000, 100_000, 1_000_000, 10_000_000]
RUNS, WARM_UP, PAGE = 2000, 200, 20
GROW = """
INSERT INTO people (username, date_of_birth)
SELECT translate(to_char(number, 'FM00000000'), '0123456789', 'KlQwErTyUi'),
       date '1930-01-01' + (number * 7919 % 30000)::integer
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS number
"""
Call = Callable[[], Awaitable[object]]


async def grow(engine: AsyncEngine, first: int, last: int) -> None:
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("SET statement_timeout = 0"))
        await autocommit.execute(text(GROW), {"first": first, "last": last})
        await autocommit.execute(text("VACUUM ANALYZE people"))
        await autocommit.execute(text("CHECKPOINT"))


async def measure(call: Call) -> tuple[float, float]:
    """Return the median and the 99th percentile, in milliseconds."""
    for _ in range(WARM_UP):
        await call()
    times = []
    for _ in range(RUNS):
        start = perf_counter()
        await call()
        times.append(1000 * (perf_counter() - start))
    return median(times), quantiles(times, n=100)[98]


async def compare(servers: Servers, sizes: list[int], console: Console) -> list[tuple[float, ...]]:
    database = Database(dsn=servers.database_url, application_name="benchmark", deadline_s=600)
    settings = Settings(cache_lease_s=60)
    rows: list[tuple[float, ...]] = []
    async with (
        open_engine(database) as engine,
        open_redis(servers.redis_url, 1) as redis,
        open_batches(engine, Bounds(), KINDS) as batches,
    ):
        lookup, pages = person_lookup(batches, list), birthday_pages(batches)
        lists = stamped_pages(settings, redis, CollectorRegistry())
        before = 0
        for size in sizes:
            start = monotonic()
            await grow(engine, before + 1, size)
            console.print(f"{size:>12,} people after {monotonic() - start:.0f} s more")
            cached = await measure(cached_page(lists, lookup.list_stamp, size))
            rows.append((size, *await measure(sql_page(pages)), *cached))
            before = size
    return rows


def sql_page(lookup: Lookup[BirthdayPageKey, BirthdayPage]) -> Call:
    key = BirthdayPageKey(datetime.now(UTC).date(), 0, 0, LeapDay.MAR1, (0, ""), PAGE)

    async def page() -> None:
        found = await lookup.find(key)
        if found is None or found.last is None:
            raise RuntimeError("fewer people than a page has celebrate today")

    return page


def cached_page(lists: StampedPages, stamp: Stamp, size: int) -> Call:
    async def load() -> bytes:
        return b"x" * 1000

    return lambda: lists.get(f"benchmark:{size}", stamp, load)


def table_of(rows: list[tuple[float, ...]]) -> Table:
    table = Table(
        "people", "SQL p50 ms", "SQL p99 ms", "x first", "cached p50 ms", "cached p99 ms", "x first"
    )
    for row in rows:
        size, sql, sql99, cached, cached99 = row
        ratios = sql / rows[0][1], cached / rows[0][3]
        table.add_row(
            f"{size:,.0f}",
            f"{sql:.3f}",
            f"{sql99:.3f}",
            f"{ratios[0]:.2f}",
            f"{cached:.3f}",
            f"{cached99:.3f}",
            f"{ratios[1]:.2f}",
        )
    return table


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    console = Console()
    with TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        try:
            with embedded_servers(data_dir) as servers:
                migrate(Database(dsn=servers.database_url, application_name="benchmark"))
                console.print(table_of(asyncio.run(compare(servers, sizes, console))))
        finally:
            destroy(data_dir)


if __name__ == "__main__":
    main()
