"""Figures of the database: what the gauges show is what was stored."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.connectors.telemetry.database import DatabaseFigures, Today, database_gauges
from hello.entities.birthdays import month_day
from hello.entities.errors import UnavailableError
from hello.services.dead_letters import dead_letter
from tests.support.builders import NOON, a_change, a_name, an_account, an_order
from tests.twins.events import an_event

pytestmark = pytest.mark.integrated
NOW = datetime.now(UTC)
TODAY = date(1988, 2, 29)
EMPTIED = "TRUNCATE people, gifts_received, orders, dead_letters CASCADE"


@pytest.fixture
async def begin(own_engine: AsyncEngine) -> PostgresUnitOfWork:
    async with own_engine.begin() as connection:
        await connection.execute(text(EMPTIED))
    return PostgresUnitOfWork.of(own_engine, 5)


async def figures(engine: AsyncEngine, now: datetime = NOW) -> CollectorRegistry:
    registry = CollectorRegistry()
    today = Today(now=now, midnight=now - timedelta(hours=1), month_days=(month_day(TODAY),))
    reader = DatabaseFigures(
        engine=engine, gauges=database_gauges(registry), today=lambda: today, consumers=["gifts"]
    )
    await reader.read()
    return registry


async def test_empty_database_has_zeros_for_everything(
    own_engine: AsyncEngine, begin: PostgresUnitOfWork
) -> None:
    assert begin
    registry = await figures(own_engine)
    shown = {
        (sample.name, *sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
    }
    assert set(shown) == {
        ("orders_in_progress", "CREATED"),
        ("orders_in_progress", "CONFIRMED"),
        ("orders_oldest_due_seconds",),
        ("events_dead_letters", "gifts"),
        ("people",),
        ("birthdays_today",),
        ("gifts_received",),
        ("orders_today",),
        ("orders_revenue_today",),
    }
    assert set(shown.values()) == {0}


async def test_figures_count_what_is_stored(own_engine: AsyncEngine, begin: PostgresUnitOfWork) -> None:
    ada = an_account()
    today, tomorrow = TODAY, date(1990, 3, 1)
    yesterdays = an_order(ada.id, due_at=NOW + timedelta(hours=1))
    yesterdays.id = UUID(f"{round((NOW.timestamp() - 3601) * 1000):012x}70008000000000000000")
    for line in yesterdays.lines:
        line.order_id = yesterdays.id
    for move in yesterdays.history:
        move.order_id = yesterdays.id
    async with begin.begin() as tx:
        await tx.people.save({a_name(): today, a_name(): today, a_name(): tomorrow}, [])
        for recipient in ("Ada", "Ada", "Bob"):
            await tx.gifts.count(recipient)
        await tx.accounts.add(ada, a_change(ada.id, "account.registered"))
        for order in (an_order(ada.id, due_at=NOW - timedelta(seconds=30)), an_order(ada.id), yesterdays):
            await tx.orders.add(order)
        await tx.dead_letters.add(dead_letter("search", an_event(), ValueError("why"), NOW))
    sample = (await figures(own_engine, NOW)).get_sample_value
    assert (sample("people"), sample("birthdays_today"), sample("gifts_received")) == (3, 2, 3)
    assert (sample("orders_today"), sample("orders_revenue_today")) == (2, 2 * 1999)
    assert sample("orders_in_progress", {"status": "CREATED"}) == 3
    assert sample("orders_oldest_due_seconds") == (NOW - NOON).total_seconds()
    assert sample("events_dead_letters", {"consumer": "search"}) == 1
    assert sample("events_dead_letters", {"consumer": "gifts"}) == 0


async def test_many_people_are_estimated(own_engine: AsyncEngine, begin: PostgresUnitOfWork) -> None:
    assert begin
    estimate = text("UPDATE pg_class SET reltuples = 250000 WHERE oid = 'people'::regclass")
    async with own_engine.begin() as connection:
        await connection.execute(estimate)
    assert (await figures(own_engine)).get_sample_value("people") == 250_000


async def test_database_that_is_unavailable_is_a_business_error(own_database: Database) -> None:
    nowhere = replace(own_database, dsn="postgresql://hello@127.0.0.1:1/hello")
    async with open_engine(nowhere) as engine:
        with pytest.raises(UnavailableError):
            await figures(engine)
