"""How long an order's event takes from being made until it is in the stream, at a steady rate of orders."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from uuid_utils.compat import uuid7

from benchmarks.database import Database
from benchmarks.errors import BenchError
from benchmarks.order_ground import CUSTOMER, UNPINNED, cpu_s, empty, worker
from benchmarks.order_report import Row, Times
from benchmarks.progress import say
from benchmarks.running import started
from hello.connectors.brokers.cloud_events import from_headers, split
from hello.connectors.postgres import engine
from hello.connectors.postgres.orders import insert_whole
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.connectors.redis.client import open_redis
from hello.core.clock import now
from hello.entities.orders import Order, OrderLine, order_event

TOPIC, CREATED = "hello.events", "order.created"
TARGET_MS, TICKS_PER_S, PAGE = 1000, 100, 1000
FAIR = 0.95
WARM_UP_S, DEADLINE_S, STALLED_S, POLL_S = 1, 60, 30, 0.2
DELAY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Feed:
    """So many orders a second, in a transaction each hundredth of a second, however long these take."""

    unit_of_work: PostgresUnitOfWork
    rate: int
    seconds: int

    @property
    def orders(self) -> int:
        return self.rate * self.seconds

    async def run(self) -> float:
        """Return how many orders a second were placed."""
        start, ticks = monotonic(), TICKS_PER_S * self.seconds
        async with asyncio.TaskGroup() as group:
            for tick in range(ticks):
                await asyncio.sleep(max(0, start + tick / TICKS_PER_S - monotonic()))
                count = self.orders * (tick + 1) // ticks - self.orders * tick // ticks
                group.create_task(self._place(count))
        return self.orders / (monotonic() - start)

    async def _place(self, count: int) -> None:
        if not count:
            return
        made = [an_order(now()) for _ in range(count)]
        async with self.unit_of_work.begin() as tx:
            await tx.session.execute(insert_whole(made))
            await tx.outbox.add(*map(order_event, made))


def an_order(at: datetime) -> Order:
    lines = [OrderLine(item_id=uuid7(), title="A kite", unit_price_cents=1999, quantity=1) for _ in range(2)]
    return Order(
        id=uuid7(), customer_id=CUSTOMER, recipient=None, lines=lines, due_at=at + DELAY, created_at=at
    )


def lag(database: Database, rate: int, seconds: int, tasks: str) -> list[Row]:
    """Raise `BenchError` unless each order's event arrives."""
    empty(database)
    kept = str(max(1000, 10 * rate * seconds))
    with started(worker(tasks, EVENTS_KEPT=kept), UNPINNED, database) as running:
        before = cpu_s([running])
        per_s, lags = asyncio.run(placed_and_arrived(database, rate, seconds))
        cpu_us = 1e6 * (cpu_s([running]) - before) / (rate * (WARM_UP_S + seconds))
        running.check_alive()
    times, at_once = Times.of(lags), rate / TICKS_PER_S
    return [
        Row(
            what=f"publish lag at {rate:,} orders/s",
            per_s=per_s,
            p50_ms=times.p50,
            p99_ms=times.p99,
            max_ms=times.longest,
            target=f"p99 < {TARGET_MS:,} ms",
            is_met=times.p99 < TARGET_MS and per_s >= FAIR * rate,
            remark=f"one worker with {tasks}, {cpu_us:,.0f} µs of its CPU each; placed {at_once:g} at once",
        )
    ]


async def placed_and_arrived(database: Database, rate: int, seconds: int) -> tuple[float, Sequence[float]]:
    async with opened(database) as (unit_of_work, redis):
        for feed in (Feed(unit_of_work, rate, WARM_UP_S), Feed(unit_of_work, rate, seconds)):
            await redis.flushall()
            per_s = await feed.run()
            lags = await arrived(redis, feed.orders)
            say(f"{per_s:,.0f} orders a second were placed, and all events arrived")
    return per_s, lags


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[tuple[PostgresUnitOfWork, Any]]:
    place = engine.Database(
        dsn=database.database_url,
        application_name="benchmark",
        connect_timeout_s=DEADLINE_S,
        deadline_s=DEADLINE_S,
    )
    async with engine.open_engine(place) as made, open_redis(database.redis_url, DEADLINE_S) as redis:
        yield PostgresUnitOfWork.of(made, DEADLINE_S), redis


async def arrived(redis: Any, expected: int) -> Sequence[float]:  # noqa: ANN401  # as `open_redis` has it
    """Read the stream from its beginning; return for each new order how many seconds its event took."""
    lags: list[float] = []
    last, since = b"-", monotonic()
    while len(lags) < expected:
        page = await redis.xrange(TOPIC, last, count=PAGE)
        lags += [found for entry, fields in page if (found := lag_of(entry, fields)) is not None]
        if page:
            last, since = b"(" + page[-1][0], monotonic()
        elif monotonic() > since + STALLED_S:
            raise BenchError(f"only {len(lags):,} of {expected:,} events are in the stream")
        else:
            await asyncio.sleep(POLL_S)
    return lags


def lag_of(entry: bytes, fields: dict[bytes, bytes]) -> float | None:
    """Return the seconds from the event's time to that of its entry, None for other events."""
    event = from_headers(*split(fields))
    if event.type != CREATED:
        return None
    return int(entry.partition(b"-")[0]) / 1000 - event.time.timestamp()
