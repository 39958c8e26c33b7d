"""The wiring of what a worker measures for all: figures of the database, freshness of the list."""

from collections.abc import Collection
from datetime import datetime, time
from functools import partial

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.telemetry.database import (
    DatabaseFigures,
    Today,
    database_gauges,
    freshness_counter,
)
from hello.core.clock import now, today
from hello.core.cursors import Cursors
from hello.core.public_urls import path_of
from hello.core.settings import Settings
from hello.entities.birthdays import LeapDay, month_days_celebrated
from hello.interface.http.fast_routes.birthdays import todays_first_page
from hello.interface.http.fast_routes.common import DEFAULT_LIMIT
from hello.services.birthdays import BirthdayService
from hello.services.list_freshness import ListFreshness


def database_figures(
    settings: Settings, engine: AsyncEngine, registry: CollectorRegistry, consumers: Collection[str]
) -> DatabaseFigures:
    return DatabaseFigures(
        engine=engine,
        gauges=database_gauges(registry),
        today=partial(today_of, settings),
        consumers=consumers,
    )


def today_of(settings: Settings) -> Today:
    moment = now()
    day = today(lambda: moment, settings.zone)
    return Today(
        now=moment,
        midnight=datetime.combine(day, time(), settings.zone),
        month_days=month_days_celebrated(day, LeapDay(settings.leap_day)),
    )


def list_freshness(
    settings: Settings, birthdays: BirthdayService, registry: CollectorRegistry
) -> ListFreshness:
    cursors = Cursors(settings.secret_key.get_secret_value().encode())
    return ListFreshness(
        birthdays=birthdays,
        render=todays_first_page(cursors, path_of(settings.public_url)),
        limit=DEFAULT_LIMIT,
        count=freshness_counter(registry),
    )
