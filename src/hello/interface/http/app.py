"""The HTTP application."""

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from hello.core.access_log import AccessLog
from hello.core.build import Build
from hello.core.cursors import Cursors
from hello.core.ids import request_ids
from hello.core.public_urls import path_of
from hello.core.traces import Tracer
from hello.interface.http.admins import refused_tokens
from hello.interface.http.calendars import CalendarWriter
from hello.interface.http.cors import METHODS, SENT, SHOWN, Cors
from hello.interface.http.docs import describe, description, write_document
from hello.interface.http.fast_routes.access import FastAccess
from hello.interface.http.fast_routes.accounts import account_routes
from hello.interface.http.fast_routes.birthdays import birthday_routes
from hello.interface.http.fast_routes.common import FastContext
from hello.interface.http.fast_routes.health import health_routes, missing_route
from hello.interface.http.fast_routes.items import item_routes
from hello.interface.http.fast_routes.orders import order_routes
from hello.interface.http.fast_routes.people import people_routes
from hello.interface.http.problems import answer_with_problems, problems
from hello.interface.http.readers import CalendarReader, ListReader
from hello.interface.http.routers import (
    accounts,
    audit,
    birthdays,
    calendar_feeds,
    health,
    imports,
    items,
    keys,
    order_events,
    orders,
    people,
    recipients,
    search,
)
from hello.interface.http.serving.admission import Admission
from hello.interface.http.serving.connection import Connection, connection_class
from hello.interface.http.serving.fast_path import FastRoute, FastRoutes, fast_path_class
from hello.interface.http.serving.incoming import ConnectionLimits
from hello.interface.http.serving.metrics import MeasureRoutes, http_metrics, record_route
from hello.interface.http.serving.observe import Observe, Observer
from hello.interface.web.app import add_pages
from hello.services.use_cases import OpenUseCases, UseCases


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """`body_limit` in bytes; `origins` may use the API from a browser; `proxies` may say who asks.

    Lists of birthdays that are private need an account's token, or a calendar feed's key.

    Clients reach the service at `public_url`, or at the address they ask when it is empty.
    A worker shows its health and its metrics only.
    """

    body_limit: int
    secret: bytes
    access_log: AccessLog
    admin_token: str | None = None
    build: Build = field(default_factory=Build)
    has_metrics: bool = True
    are_lists_private: bool = False
    calendar: CalendarWriter = field(default_factory=CalendarWriter)
    fast_path: bool = True
    limited_groups: Collection[str] = ()
    origins: Sequence[str] = ()
    proxies: Sequence[str] = ()
    public_url: str = ""
    is_worker: bool = False
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    admission: Admission = field(default_factory=Admission)
    tracer: Tracer | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """An ASGI application, and the class of its connections, with or without the fast path."""

    asgi: ASGIApp
    connection: type[Connection]
    is_https: bool = False


def create_app(
    open_use_cases: OpenUseCases, options: HttpOptions, registry: CollectorRegistry
) -> Application:
    app, prefix = create_api(open_use_cases, options, registry), path_of(options.public_url)
    observer = Observer(
        new_id=request_ids(),
        metrics=app.state.metrics,
        access_log=options.access_log,
        prefix=prefix,
        admission=options.admission,
        tracer=options.tracer,
    )
    observed = behind_proxies(
        Observe(app=app, observer=observer, body_limit=options.body_limit), options.proxies
    )
    is_https = options.public_url.startswith("https://")
    if not options.fast_path:
        return Application(observed, connection_class(observer, options.limits), is_https)
    context = FastContext(lambda: use_cases_of(app), observer, prefix, options.body_limit)
    missing = None if prefix else missing_route(context, app.openapi()["paths"])
    routes = FastRoutes(fast_routes(context, options, app.state.cursors), prefix.encode(), missing)
    return Application(observed, fast_path_class(routes, observer, options.limits), is_https)


def fast_routes(context: FastContext, options: HttpOptions, cursors: Cursors) -> Iterator[FastRoute]:
    """Leave private lists to the application, which asks who reads them, and what has no limit by default."""
    access = FastAccess(context, options.proxies)
    yield from health_routes(context)
    if "hello" not in options.limited_groups:
        yield from people_routes(context)
    yield from account_routes(context, access)
    yield from item_routes(context, access)
    yield from order_routes(context, access, cursors)
    if not (options.are_lists_private or "birthdays" in options.limited_groups):
        yield from birthday_routes(context, cursors)


def behind_proxies(app: ASGIApp, proxies: Sequence[str]) -> ASGIApp:
    """Believe `X-Forwarded-For` of these only: anybody else could claim any address by it."""
    if not proxies:
        return app
    wrapped: ASGIApp = ProxyHeadersMiddleware(app, list(proxies))  # type: ignore[arg-type, assignment]
    return wrapped


def use_cases_of(app: FastAPI) -> UseCases:
    use_cases: UseCases = app.state.use_cases
    return use_cases


def create_api(open_use_cases: OpenUseCases, options: HttpOptions, registry: CollectorRegistry) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        write_document(app)
        async with open_use_cases() as app.state.use_cases:
            yield
        options.access_log.flush()

    app = FastAPI(
        **description(options.public_url, has_metrics=options.has_metrics, is_worker=options.is_worker),
        lifespan=lifespan,
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.registry, app.state.metrics = registry, http_metrics(registry)
    app.state.cursors = Cursors(options.secret)
    app.state.admin_token = options.admin_token
    app.state.refused_tokens = refused_tokens(registry)
    app.state.build = options.build
    app.state.calendar = options.calendar
    app.state.public_url = options.public_url
    app.state.are_lists_private = options.are_lists_private
    add_parts(app, options)
    answer_with_problems(app)
    if not options.is_worker:
        add_pages(app)
    describe(app, options.public_url)
    return app


def add_parts(app: FastAPI, options: HttpOptions) -> None:
    if options.origins:
        app.add_middleware(
            Cors,
            allow_origins=options.origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=SHOWN,
        )
    app.add_middleware(
        MeasureRoutes,
        instrumentations=[record_route(app.state.metrics)],
        should_group_status_codes=False,
        registry=app.state.registry,
    )
    catalogue = (items, search, orders, order_events, recipients)
    parts = (people, imports, accounts, calendar_feeds, *catalogue, audit, keys)
    for part in (health,) if options.is_worker else (*parts, health):
        app.include_router(part.router)
    if options.has_metrics:
        app.include_router(health.metrics)
    if not options.is_worker:
        add_lists(app, are_private=options.are_lists_private)


def add_lists(app: FastAPI, *, are_private: bool) -> None:
    """Ask who reads private lists, once the limit has counted the request: to look a key up has its cost."""
    for router, reader in ((birthdays.router, ListReader), (birthdays.calendar, CalendarReader)):
        if are_private:
            unauthorized = problems(HTTPStatus.UNAUTHORIZED)
            app.include_router(router, dependencies=[birthdays.LIMITED, reader], responses=unauthorized)
        else:
            app.include_router(router)
