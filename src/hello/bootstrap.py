"""The composition root: the only module that knows every layer."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic, perf_counter

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import async_sessionmaker

from hello.connectors.embedded import servers as embedded
from hello.connectors.embedded.errors import EmbeddedError
from hello.connectors.no_cache import NoPages
from hello.connectors.postgres import migrate as migrations
from hello.connectors.postgres.births import open_births
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.schema import SchemaProbe, migrations_folder, newest_revision
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.connectors.redis.breaker import Breaker
from hello.connectors.redis.client import RedisProbe, open_redis
from hello.connectors.redis.metrics import cache_metrics
from hello.connectors.redis.pages import RedisLike, RedisPages
from hello.core.access_log import AccessLog
from hello.core.batching import Bounds
from hello.core.clock import now
from hello.core.logs import set_up_logs
from hello.core.settings import Settings, SettingsError, read_settings
from hello.entities.birthdays import LeapDay
from hello.entities.errors import UnavailableError
from hello.entities.greetings import DaysWording, Greeting
from hello.interface import processes
from hello.interface.cli import run_cli
from hello.interface.cli_commands import Commands, Listen
from hello.interface.http import server
from hello.interface.http.app import Application, HttpOptions, create_app
from hello.interface.supervisor import Supervisor, WhenStarted
from hello.services.birthday_lists import BirthdayLists
from hello.services.birthdays import BirthdayService
from hello.services.health import Draining, HealthService
from hello.services.imports import ImportService
from hello.services.people import PeopleService
from hello.services.ports import Begin, Births, Pages, Probe
from hello.services.todays_greetings import TodaysGreetings
from hello.services.use_cases import UseCases


@asynccontextmanager
async def open_use_cases(
    settings: Settings, draining: Draining, registry: CollectorRegistry
) -> AsyncIterator[UseCases]:
    """Connect every port to its connector, for as long as the process runs."""
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(open_engine(Database.of(settings, "hello-api")))
        probes: list[Probe] = [SchemaProbe(engine, newest_revision(migrations_folder()))]
        pages: Pages = NoPages()
        if settings.redis_dsn:
            redis = await stack.enter_async_context(open_redis(settings.redis_dsn, settings.redis_timeout_s))
            probes.append(RedisProbe(redis))
            pages = redis_pages(settings, redis, registry)
        unit_of_work = PostgresUnitOfWork(
            async_sessionmaker(engine, expire_on_commit=False), settings.database_deadline_s
        )
        lists = BirthdayLists(pages=pages, now=now, leap_day=LeapDay(settings.leap_day))
        bounds = Bounds(deadline_s=settings.database_deadline_s, waiting=settings.database_queue_size)
        births = await stack.enter_async_context(open_births(engine, lists.about, bounds))
        health = health_service(settings, probes, draining)
        yield use_cases(settings, unit_of_work.begin, births, lists, health)


def use_cases(
    settings: Settings, begin: Begin, births: Births, lists: BirthdayLists, health: HealthService
) -> UseCases:
    leap_day = LeapDay(settings.leap_day)
    people = PeopleService(
        begin=begin,
        births=births,
        lists=lists,
        now=now,
        todays=TodaysGreetings(
            zone=settings.zone, leap_day=leap_day, greeting=Greeting(DaysWording(settings.days_wording))
        ),
    )
    birthdays = BirthdayService(begin=begin, lists=lists, now=now, zone=settings.zone, leap_day=leap_day)
    return UseCases(birthdays=birthdays, imports=ImportService(people=people), people=people, health=health)


def redis_pages(settings: Settings, redis: RedisLike, registry: CollectorRegistry) -> RedisPages:
    return RedisPages(
        redis=redis,
        lease_s=settings.cache_lease_s,
        timeout_s=settings.redis_timeout_s,
        breaker=Breaker(timer=monotonic),
        metrics=cache_metrics(registry),
        random=Random(),  # noqa: S311  # spreads expiry, keeps no secret
    )


def health_service(settings: Settings, probes: list[Probe], draining: Draining) -> HealthService:
    return HealthService(
        probes=probes, draining=draining, timer=perf_counter, timeout_s=settings.database_deadline_s
    )


def http_app(settings: Settings, draining: Draining) -> Application:
    registry = CollectorRegistry()
    options = HttpOptions(
        body_limit=settings.body_limit_bytes,
        access_log=AccessLog(
            write=partial(os.write, sys.stderr.fileno()),
            as_json=settings.log_format == "json",
            enabled=settings.log_level in {"debug", "info"},
        ),
        greeting_lane=settings.greeting_lane == "on",
        secret=settings.secret_key.get_secret_value().encode(),
        admin_token=settings.admin_token.get_secret_value() if settings.admin_token else None,
    )
    return create_app(partial(open_use_cases, settings, draining, registry), options, registry)


def serve(settings: Settings, listen: Listen) -> None:
    """Serve in this process, or supervise several when there are workers or a source to watch."""
    set_up_logs(settings.log_format, settings.log_level)
    with server.listener(listen.host, listen.port, listen.descriptor) as sock:
        if listen.workers > 1 or listen.reload:
            supervise(settings, listen, sock, processes.nothing)
        else:
            serve_here(settings, sock)


def serve_here(settings: Settings, sock: socket.socket) -> None:
    draining = Draining()
    stop = server.Shutdown(draining=draining, drain_s=settings.drain_s, timeout_s=settings.shutdown_timeout_s)
    server.serve(http_app(settings, draining), sock, stop)


def run(settings: Settings, listen: Listen, data_dir: Path) -> None:
    """Run the whole product on this machine, its servers included."""
    set_up_logs(settings.log_format, settings.log_level)
    with server.listener(listen.host, listen.port) as sock, embedded_settings(data_dir) as here:
        migrate(here)
        with processes.places_written(data_dir, here):
            supervise(here, listen, sock, partial(processes.welcome, sock, data_dir))


def supervise(settings: Settings, listen: Listen, sock: socket.socket, started: WhenStarted) -> None:
    with processes.api_children(sock, listen.workers, processes.environment_of(settings)) as children:
        watch = processes.SOURCE if listen.reload else None
        supervisor = Supervisor(stop_timeout_s=settings.shutdown_timeout_s + processes.GRACE_S)
        asyncio.run(supervisor.run(children, started, watch))


@contextmanager
def embedded_settings(data_dir: Path) -> Iterator[Settings]:
    """Start PostgreSQL and Valkey in the directory, and point the settings at them."""
    with embedded.embedded_servers(data_dir) as servers:
        yield read_settings(database_url=servers.database_url, redis_url=servers.redis_url)


@contextmanager
def settings_near(data_dir: Path) -> Iterator[Settings]:
    """Point a tool at the database that is configured, else at the one of `hello run` in the directory."""
    running = processes.read_places(data_dir)
    if running or processes.is_configured():
        yield read_settings(**running)
    else:
        with embedded_settings(data_dir) as settings:
            migrate(settings)
            yield settings


def use_cases_of(settings: Settings) -> AbstractAsyncContextManager[UseCases]:
    return open_use_cases(settings, Draining(), CollectorRegistry())


def migrate(settings: Settings) -> None:
    migrations.migrate(Database.of(settings, "hello-migrate"))


def drift(settings: Settings) -> str | None:
    return migrations.drift(Database.of(settings, "hello-migrate"))


def write_migration(settings: Settings, message: str) -> None:
    migrations.write_migration(Database.of(settings, "hello-migrate"), message)


def main() -> None:
    run_cli(
        Commands(
            settings=read_settings,
            serve=serve,
            run=run,
            embedded_settings=embedded_settings,
            migrate=migrate,
            drift=drift,
            write_migration=write_migration,
            destroy=embedded.destroy,
            settings_near=settings_near,
            use_cases=use_cases_of,
            errors=(SettingsError, EmbeddedError, UnavailableError, server.ListenError),
        )
    )
