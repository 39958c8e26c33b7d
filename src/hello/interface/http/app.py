"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from hello.core.ids import request_ids
from hello.interface.http.docs import SUMMARY, describe
from hello.interface.http.metrics import http_metrics
from hello.interface.http.observe import Observe
from hello.interface.http.problems import answer_with_problems
from hello.interface.http.routers import health, people
from hello.services.use_cases import OpenUseCases


def create_app(open_use_cases: OpenUseCases, *, body_limit: int, registry: CollectorRegistry) -> ASGIApp:
    """Build the application; `body_limit` in bytes."""
    app = create_api(open_use_cases, registry)
    return Observe(app=app, new_id=request_ids(), metrics=http_metrics(registry), body_limit=body_limit)


def create_api(open_use_cases: OpenUseCases, registry: CollectorRegistry) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_use_cases() as app.state.use_cases:
            yield

    app = FastAPI(
        title="Hello",
        summary=SUMMARY,
        version="1",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.registry = registry
    app.include_router(people.router)
    app.include_router(health.router)
    answer_with_problems(app)
    describe(app)
    return app
