"""The wiring of the processes that answer requests: the API, and the worker with its tasks."""

import os
import socket
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, disable_created_metrics

from hello.bootstrap.connectors import open_use_cases
from hello.bootstrap.telemetry import NOTHING, Telemetry, open_tracing
from hello.connectors.limits.quotas import read_quotas
from hello.connectors.postgres.pool import pool_metrics
from hello.connectors.postgres.schema import migrations_folder, newest_revision
from hello.connectors.telemetry.process import process_metrics, sampling
from hello.core.access_log import AccessLog
from hello.core.build import Build, build_of
from hello.core.processes import raise_file_limit
from hello.core.settings import Settings, SettingsError, split_csv
from hello.core.shutdown import ShutdownSignal
from hello.interface.http.app import Application, HttpOptions, create_api, create_app
from hello.interface.http.calendars import CalendarWriter
from hello.interface.http.serving import server
from hello.interface.http.serving.admission import Admission
from hello.interface.http.serving.exposition import SHARED_FOLDER, check_shared_folder, metrics_server
from hello.interface.http.serving.incoming import ConnectionLimits
from hello.interface.worker.metrics import task_metrics
from hello.interface.worker.tasks import running
from hello.services.use_cases import UseCases

OTHER_FILES = 200
"""Descriptors that are not for clients: a server without any left could not even accept and refuse."""


@asynccontextmanager
async def open_worker(
    settings: Settings,
    only: Collection[str],
    shutdown: ShutdownSignal,
    registry: CollectorRegistry,
    telemetry: Telemetry = NOTHING,
) -> AsyncIterator[UseCases]:
    """Do the tasks for as long as the process serves; the steps in hand are finished at the end."""
    from hello.bootstrap.worker import open_tasks  # noqa: PLC0415  # imports the clients of brokers

    telemetry = replace(telemetry, pools=pool_metrics(registry))
    async with (
        open_use_cases(settings, shutdown, registry, telemetry) as use_cases,
        open_tasks(settings, use_cases, registry, only, telemetry) as tasks,
        running(tasks, task_metrics(registry), settings.shutdown_timeout_s),
    ):
        probes = [probe for task in tasks for probe in task.probes]
        health = replace(use_cases.health, probes=[*use_cases.health.probes, *probes])
        async with sampling(process_metrics(registry, build_of_process(settings)), health):
            yield replace(use_cases, health=health)


@asynccontextmanager
async def open_api(
    settings: Settings, shutdown: ShutdownSignal, registry: CollectorRegistry, telemetry: Telemetry = NOTHING
) -> AsyncIterator[UseCases]:
    telemetry = replace(telemetry, pools=pool_metrics(registry))
    async with (
        open_use_cases(settings, shutdown, registry, telemetry) as use_cases,
        sampling(process_metrics(registry, build_of_process(settings)), use_cases.health),
    ):
        yield use_cases


def build_of_process(settings: Settings) -> Build:
    return build_of(settings.build_commit, newest_revision(migrations_folder()))


def worker_app(
    settings: Settings, only: Collection[str], shutdown: ShutdownSignal, telemetry: Telemetry = NOTHING
) -> Application:
    registry = CollectorRegistry()
    options = replace(
        http_options(settings), is_worker=True, has_metrics=True, fast_path=False, public_url=""
    )
    open_ = partial(open_worker, settings, only, shutdown, registry, telemetry)
    return create_app(open_, options, registry)


def http_app(
    settings: Settings, shutdown: ShutdownSignal, registry: CollectorRegistry, telemetry: Telemetry = NOTHING
) -> Application:
    open_ = partial(open_api, settings, shutdown, registry, telemetry)
    options = replace(http_options(settings), tracer=telemetry.open_tracer)
    return create_app(open_, options, registry)


def serve_api(settings: Settings, sock: socket.socket) -> None:
    """Leave the port of the metrics to the parent of several workers, which shows those of all."""
    prepare_metrics()
    shutdown, registry = ShutdownSignal(), CollectorRegistry()
    port = None if SHARED_FOLDER in os.environ else settings.metrics_port
    with (
        open_tracing(settings, "hello-api") as telemetry,
        metrics_server(settings.metrics_host, port, registry),
    ):
        app = http_app(settings, shutdown, registry, telemetry)
        server.serve(app, sock, shutdown_of(settings, shutdown))


def serve_worker(settings: Settings, sock: socket.socket, only: Collection[str]) -> None:
    prepare_metrics()
    check_search_is_fed(settings)
    shutdown = ShutdownSignal()
    with open_tracing(settings, "hello-worker") as telemetry:
        app = worker_app(settings, only, shutdown, telemetry)
        server.serve(app, sock, replace(shutdown_of(settings, shutdown), drain_s=0))


def prepare_metrics() -> None:
    """Leave out when each series was created, which nothing asks for."""
    check_shared_folder()
    disable_created_metrics()  # type: ignore[no-untyped-call]


def check_search_is_fed(settings: Settings) -> None:
    """Raise `SettingsError` for a worker that would leave the search engine without events."""
    if settings.search_url is not None and settings.broker_dsn is None:
        raise SettingsError(
            "SEARCH_URL: its index is fed by events, so the worker needs BROKER_URL or REDIS_URL"
        )


def shutdown_of(settings: Settings, shutdown: ShutdownSignal) -> server.ShutdownOptions:
    return server.ShutdownOptions(
        signal=shutdown, drain_s=settings.drain_s, timeout_s=settings.shutdown_timeout_s
    )


def api_description(settings: Settings) -> dict[str, Any]:
    """Return the document of `/openapi.json`, without a server."""
    registry = CollectorRegistry()
    open_ = partial(open_use_cases, settings, ShutdownSignal(), registry)
    return create_api(open_, http_options(settings), registry).openapi()


def http_options(settings: Settings) -> HttpOptions:
    return HttpOptions(
        body_limit=settings.body_limit_bytes,
        build=build_of_process(settings),
        has_metrics=settings.metrics_port is None,
        access_log=AccessLog(
            write=partial(os.write, sys.stderr.fileno()),
            as_json=settings.log_format == "json",
            enabled=settings.log_level in {"debug", "info"},
            sample=settings.access_log_sample,
        ),
        fast_path=settings.fast_path == "on" and not settings.cors_origins,
        limited_groups=limited_groups(settings),
        origins=split_csv(settings.cors_origins),
        proxies=split_csv(settings.trusted_proxies),
        public_url=settings.public_url,
        calendar=calendar_writer(settings),
        are_lists_private=are_lists_private(settings),
        secret=settings.secret_key.get_secret_value().encode(),
        limits=connection_limits(settings),
        admission=Admission(max_requests=settings.max_requests, max_wait_s=settings.max_wait_s),
        admin_token=settings.admin_token.get_secret_value() if settings.admin_token else None,
    )


def are_lists_private(settings: Settings) -> bool:
    return settings.birthday_lists == "accounts"


def calendar_writer(settings: Settings) -> CalendarWriter:
    return CalendarWriter(
        domain=settings.calendar_uid_domain,
        max_age_s=settings.calendar_max_age_s,
        is_private=are_lists_private(settings),
    )


def connection_limits(settings: Settings) -> ConnectionLimits:
    return ConnectionLimits(
        max_connections=min(settings.max_connections, raise_file_limit() - OTHER_FILES),
        head_s=settings.head_timeout_s,
        body_s=settings.body_timeout_s,
        write_s=settings.write_timeout_s,
        keep_alive_s=settings.keep_alive_s,
    )


def limited_groups(settings: Settings) -> frozenset[str]:
    return frozenset(group for group, quota in read_quotas(settings.rate_limits).items() if quota)
