"""The composition root: the only module that knows every layer."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from prometheus_client import CollectorRegistry

from hello.connected import open_dead_events, open_use_cases
from hello.connectors.embedded import servers as embedded
from hello.connectors.limits.quotas import read_quotas
from hello.connectors.postgres.engine import Database
from hello.connectors.tokens.pem import new_signing_key, token_keys
from hello.core.access_log import AccessLog
from hello.core.logs import set_up_logs
from hello.core.processes import ProcessError, raise_file_limit
from hello.core.public_urls import path_of
from hello.core.settings import Settings, SettingsError, listed, read_settings
from hello.core.stops import Stop
from hello.entities.errors import HelloError
from hello.interface import processes
from hello.interface.cli import run_cli
from hello.interface.cli_commands import Commands, Listen
from hello.interface.http import server
from hello.interface.http.app import Application, HttpOptions, create_api, create_app
from hello.interface.http.calendars import CalendarWriter
from hello.interface.http.incoming import ConnectionLimits
from hello.interface.http.paths import check_prefix
from hello.interface.local_servers import ServerKeeper
from hello.interface.supervisor import Child, Supervisor, WhenStarted
from hello.interface.worker.metrics import task_metrics
from hello.interface.worker.tasks import running
from hello.services.use_cases import UseCases

LOOPBACK = "127.0.0.1"
OTHER_FILES = 200
"""Descriptors that are not for clients: a server without any left could not even accept and refuse."""


@asynccontextmanager
async def open_worker(
    settings: Settings, only: Collection[str], draining: Stop, registry: CollectorRegistry
) -> AsyncIterator[UseCases]:
    """Do the tasks for as long as the process serves; the steps in hand are finished at the end."""
    async with (
        open_use_cases(settings, draining, registry) as use_cases,
        background().open_tasks(settings, use_cases, registry, only) as tasks,
        running(tasks, task_metrics(registry), settings.shutdown_timeout_s),
    ):
        yield use_cases


def background() -> ModuleType:
    """Import what speaks to brokers only where it is needed."""
    return import_module("hello.background")


def worker_app(settings: Settings, only: Collection[str], draining: Stop) -> Application:
    registry = CollectorRegistry()
    options = replace(http_options(settings), is_worker=True, greeting_lane=False, public_url="")
    return create_app(partial(open_worker, settings, only, draining, registry), options, registry)


def http_app(settings: Settings, draining: Stop) -> Application:
    registry = CollectorRegistry()
    open_ = partial(open_use_cases, settings, draining, registry)
    return create_app(open_, http_options(settings), registry)


def api_description(settings: Settings) -> dict[str, Any]:
    """Return the document of `/openapi.json`, without a server."""
    registry = CollectorRegistry()
    open_ = partial(open_use_cases, settings, Stop(), registry)
    return create_api(open_, http_options(settings), registry).openapi()


def http_options(settings: Settings) -> HttpOptions:
    return HttpOptions(
        body_limit=settings.body_limit_bytes,
        access_log=AccessLog(
            write=partial(os.write, sys.stderr.fileno()),
            as_json=settings.log_format == "json",
            enabled=settings.log_level in {"debug", "info"},
        ),
        greeting_lane=settings.greeting_lane == "on" and not is_guarded(settings),
        origins=listed(settings.cors_origins),
        proxies=listed(settings.trusted_proxies),
        public_url=settings.public_url,
        calendar=CalendarWriter(domain=settings.calendar_uid_domain, max_age_s=settings.calendar_max_age_s),
        secret=settings.secret_key.get_secret_value().encode(),
        limits=connection_limits(settings),
        admin_token=settings.admin_token.get_secret_value() if settings.admin_token else None,
    )


def connection_limits(settings: Settings) -> ConnectionLimits:
    return ConnectionLimits(
        max_connections=min(settings.max_connections, raise_file_limit() - OTHER_FILES),
        head_s=settings.head_timeout_s,
        body_s=settings.body_timeout_s,
        write_s=settings.write_timeout_s,
        keep_alive_s=settings.keep_alive_s,
    )


def is_guarded(settings: Settings) -> bool:
    """Say whether the lane's requests are limited, or of other sites' pages: the application knows."""
    quotas = read_quotas(settings.rate_limits)
    return bool(quotas["hello"] or quotas["birthdays"] or settings.cors_origins)


def serve(settings: Settings, listen: Listen) -> None:
    """Serve in this process, or supervise several when there are workers or a source to watch."""
    set_up_logs(settings.log_format, settings.log_level)
    with server.listener(listen.host, listen.port, listen.descriptor) as sock:
        if listen.workers > 1 or listen.reload:
            supervise(settings, listen, sock, processes.nothing)
        else:
            draining = Stop()
            server.serve(http_app(settings, draining), sock, shutdown_of(settings, draining))


def work(settings: Settings, listen: Listen, only: Collection[str]) -> None:
    """Do the background tasks in this process, and say on a port of its own how it is."""
    set_up_logs(settings.log_format, settings.log_level)
    with server.listener(listen.host, listen.port, listen.descriptor) as sock:
        draining = Stop()
        app = worker_app(settings, only, draining)
        server.serve(app, sock, replace(shutdown_of(settings, draining), drain_s=0))


def shutdown_of(settings: Settings, draining: Stop) -> server.Shutdown:
    return server.Shutdown(draining=draining, drain_s=settings.drain_s, timeout_s=settings.shutdown_timeout_s)


def run(settings: Settings, listen: Listen, data_dir: Path) -> None:
    """Run the whole product on this machine, its servers included."""
    set_up_logs(settings.log_format, settings.log_level)
    with (
        server.listener(listen.host, listen.port) as sock,
        server.listener(LOOPBACK, 0) as background,
        ThreadPoolExecutor() as starter,
        embedded.embedded_servers(data_dir) as servers,
    ):
        here = settings_of(servers)
        migrate(here)
        worker = processes.child_of("worker", background, processes.environment_of(here))
        keepers = [
            ServerKeeper(server=server, starter=starter) for server in (servers.postgres, servers.valkey)
        ]
        with processes.places_written(data_dir, here):
            welcome = partial(processes.welcome, sock, background, data_dir)
            supervise(here, listen, sock, welcome, worker, servers=keepers)


def supervise(
    settings: Settings,
    listen: Listen,
    sock: socket.socket,
    started: WhenStarted,
    *others: Child,
    servers: Sequence[ServerKeeper] = (),
) -> None:
    with processes.api_children(sock, listen.workers, processes.environment_of(settings)) as apis:
        children = [*apis, *others]
        watch = processes.SOURCE if listen.reload else None
        supervisor = Supervisor(stop_timeout_s=settings.shutdown_timeout_s + processes.GRACE_S)
        asyncio.run(supervisor.run(children, started, watch, servers))


@contextmanager
def embedded_settings(data_dir: Path) -> Iterator[Settings]:
    """Start PostgreSQL and Valkey in the directory, and point the settings at them."""
    with embedded.embedded_servers(data_dir) as servers:
        yield settings_of(servers)


def settings_of(servers: embedded.Servers) -> Settings:
    return read_settings(database_url=servers.database_url, redis_url=servers.redis_url)


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
    return open_use_cases(settings, Stop(), CollectorRegistry())


def migrations() -> ModuleType:
    """Import Alembic only where it is needed: it is a tenth of what a process imports to start."""
    return import_module("hello.connectors.postgres.migrate")


def migrate(settings: Settings) -> None:
    set_up_logs(settings.log_format, settings.log_level)
    migrations().migrate(migrated_database(settings))


def migrated_database(settings: Settings) -> Database:
    """Prefer a direct connection; a pooler of transactions does as well."""
    name = "hello-migrate"
    return Database.direct(settings, name) or Database.of(settings, name)


def drift(settings: Settings) -> str | None:
    missing: str | None = migrations().drift(migrated_database(settings))
    return missing


def write_migration(settings: Settings, message: str) -> None:
    migrations().write_migration(migrated_database(settings), message)


def checked_settings() -> Settings:
    """Read the settings, and what only the connectors understand of them; raise `SettingsError`."""
    settings = read_settings()
    read_quotas(settings.rate_limits)
    token_keys(settings)
    check_prefix(path_of(settings.public_url))
    return settings


def main() -> None:
    run_cli(
        Commands(
            settings=checked_settings,
            new_signing_key=new_signing_key,
            serve=serve,
            work=work,
            api_description=api_description,
            run=run,
            embedded_settings=embedded_settings,
            migrate=migrate,
            drift=drift,
            write_migration=write_migration,
            destroy=embedded.destroy,
            settings_near=settings_near,
            use_cases=use_cases_of,
            dead_events=open_dead_events,
            errors=(SettingsError, ProcessError, HelloError, server.ListenError),
        )
    )
