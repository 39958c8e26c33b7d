"""Metrics that are counted in the database: orders, dead letters, and what the business wants to know."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hello.connectors.metrics import live_gauge, outcome_counter
from hello.connectors.postgres.engine import milliseconds
from hello.connectors.postgres.errors import business_errors
from hello.connectors.postgres.people import ESTIMATE
from hello.entities.orders import MOVES

LATEST_COUNTED = 100_000
"""Up to here people are counted; more are estimated, as a count of all of them would take seconds."""
TIMEOUT_S = 20
PEOPLE = text("SELECT count(*) FROM people")
BIRTHDAYS = text("SELECT count(*) FROM people WHERE month_day = ANY(CAST(:days AS smallint[]))")
GIFTS = text("SELECT coalesce(sum(gifts), 0) FROM gifts_received")
IN_PROGRESS = text("SELECT status, count(*) FROM orders WHERE due_at IS NOT NULL GROUP BY status")
OVERDUE = text("SELECT greatest(extract(epoch FROM CAST(:now AS timestamptz) - min(due_at)), 0) FROM orders")
DEAD_LETTERS = text("SELECT consumer, count(*) FROM dead_letters GROUP BY consumer")
# Ids are UUIDs of version 7: the first of a time has its milliseconds, and zeros.
ORDERS_SINCE = text(
    """
    SELECT count(*), coalesce(sum(total_cents), 0) FROM orders
    WHERE id >= CAST(rpad(lpad(to_hex(CAST(:milliseconds AS bigint)), 12, '0'), 32, '0') AS uuid)
    """
)


@dataclass(frozen=True, slots=True)
class DatabaseGauges:
    orders_in_progress: Gauge
    orders_overdue: Gauge
    dead_letters: Gauge
    people: Gauge
    birthdays: Gauge
    gifts: Gauge
    orders: Gauge
    revenue: Gauge


def database_gauges(registry: CollectorRegistry) -> DatabaseGauges:
    """Return gauges that have the same value in each worker: queries take the maximum."""
    gauge = partial(live_gauge, registry)
    return DatabaseGauges(
        orders_in_progress=gauge("orders_in_progress", "Orders by a state that is not final.", "status"),
        orders_overdue=gauge("orders_oldest_due_seconds", "For how long the oldest order has been due."),
        dead_letters=gauge("events_dead_letters", "Dead letters that wait for a redrive.", "consumer"),
        people=gauge("people", "People with a birthday; an estimate above 100,000."),
        birthdays=gauge("birthdays_today", "People whose birthday is today."),
        gifts=gauge("gifts_received", "Gifts that people have received."),
        orders=gauge("orders_today", "Orders placed since midnight."),
        revenue=gauge("orders_revenue_today", "Total of the orders placed since midnight, in cents."),
    )


@dataclass(frozen=True, slots=True)
class Today:
    """What today is to the service: since when, and who was born on its days (`month_day`)."""

    now: datetime
    midnight: datetime
    month_days: Collection[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFigures:
    """Reads the figures of `consumers` and of all others into the gauges."""

    engine: AsyncEngine
    gauges: DatabaseGauges
    today: Callable[[], Today]
    consumers: Collection[str]

    async def read(self) -> None:
        """Raise `UnavailableError` if the database cannot be asked."""
        with business_errors():
            async with asyncio.timeout(TIMEOUT_S), self.engine.begin() as connection:
                await connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds(TIMEOUT_S)}")
                await self._read(connection, self.today())

    async def _read(self, connection: AsyncConnection, today: Today) -> None:
        gauges = self.gauges
        gauges.people.set(await people_on(connection))
        gauges.birthdays.set(await connection.scalar(BIRTHDAYS, {"days": list(today.month_days)}) or 0)
        gauges.gifts.set(await connection.scalar(GIFTS) or 0)
        gauges.orders_overdue.set(await connection.scalar(OVERDUE, {"now": today.now}) or 0)
        since = {"milliseconds": round(1000 * today.midnight.timestamp())}
        orders, revenue = (await connection.execute(ORDERS_SINCE, since)).one()
        gauges.orders.set(orders)
        gauges.revenue.set(revenue)
        in_progress = await counts_on(connection, IN_PROGRESS)
        for status in (status for status, following in MOVES.items() if following):
            gauges.orders_in_progress.labels(status).set(in_progress.get(status, 0))
        dead = await counts_on(connection, DEAD_LETTERS)
        for consumer in {*self.consumers, *dead}:
            gauges.dead_letters.labels(consumer).set(dead.get(consumer, 0))


async def counts_on(connection: AsyncConnection, query: TextClause) -> dict[str, int]:
    return {name: count for name, count in await connection.execute(query)}  # noqa: C416  # rows are no tuples


async def people_on(connection: AsyncConnection) -> float:
    estimate: float = await connection.scalar(ESTIMATE) or 0
    return estimate if estimate > LATEST_COUNTED else await connection.scalar(PEOPLE) or 0


def freshness_counter(registry: CollectorRegistry) -> Callable[[str], None]:
    text = "Comparisons of today's list with the database: fresh, stale."
    counter = Counter("birthdays_today_checks", text, ("outcome",), registry=registry)
    return outcome_counter(counter, ("fresh", "stale"))
