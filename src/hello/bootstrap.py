"""The composition root: the only module that knows every layer."""

import asyncio
import socket
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from prometheus_client import CollectorRegistry

from hello.connectors.embedded import servers as embedded
from hello.connectors.limits.quotas import read_quotas
from hello.connectors.postgres.engine import Database
from hello.connectors.tokens.pem import new_signing_key, token_keys
from hello.core.logs import set_up_logs
from hello.core.processes import ProcessError
from hello.core.public_urls import path_of
from hello.core.settings import Settings, SettingsError, read_settings
from hello.core.stops import Stop
from hello.entities.errors import HelloError
from hello.interface import processes
from hello.interface.cli import run_cli
from hello.interface.cli_commands import Commands, Listen
from hello.interface.http.paths import check_prefix
from hello.interface.listening import ListenError, listener
from hello.interface.local_servers import ServerKeeper
from hello.interface.supervisor import Child, Supervisor, WhenStarted
from hello.services.dead_events import DeadEventService
from hello.services.use_cases import UseCases

LOOPBACK = "127.0.0.1"


def serving() -> ModuleType:
    """Import what answers requests only in the processes that do: it is a third of what they import."""
    return import_module("hello.serving")


def connected() -> ModuleType:
    return import_module("hello.connected")


def api_description(settings: Settings) -> dict[str, Any]:
    """Return the document of `/openapi.json`, without a server."""
    document: dict[str, Any] = serving().api_description(settings)
    return document


def serve(settings: Settings, listen: Listen) -> None:
    """Serve in this process, or supervise several when there are workers or a source to watch."""
    set_up_logs(settings.log_format, settings.log_level)
    with listener(listen.host, listen.port, listen.descriptor) as sock:
        if listen.workers > 1 or listen.reload:
            supervise(settings, listen, sock, processes.nothing)
        else:
            serving().serve_api(settings, sock)


def work(settings: Settings, listen: Listen, only: Collection[str]) -> None:
    """Do the background tasks in this process, and say on a port of its own how it is."""
    set_up_logs(settings.log_format, settings.log_level)
    with listener(listen.host, listen.port, listen.descriptor) as sock:
        serving().serve_worker(settings, sock, only)


def run(settings: Settings, listen: Listen, data_dir: Path) -> None:
    """Run the whole product on this machine, its servers included."""
    set_up_logs(settings.log_format, settings.log_level)
    with (
        listener(listen.host, listen.port) as sock,
        listener(LOOPBACK, 0) as background,
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
    opened: AbstractAsyncContextManager[UseCases] = connected().open_use_cases(
        settings, Stop(), CollectorRegistry()
    )
    return opened


def dead_events_of(settings: Settings) -> AbstractAsyncContextManager[DeadEventService]:
    opened: AbstractAsyncContextManager[DeadEventService] = connected().open_dead_events(settings)
    return opened


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
            dead_events=dead_events_of,
            errors=(SettingsError, ProcessError, HelloError, ListenError),
        )
    )
