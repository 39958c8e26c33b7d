"""Spans of SQL and of Redis, by OpenTelemetry's instrumentations: one engine, one client, and no values."""

import os
from typing import Any

from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.instrumentation.sqlalchemy.engine import EngineTracer
from opentelemetry.metrics import NoOpMeter
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy.ext.asyncio import AsyncEngine

CONVENTIONS = "OTEL_SEMCONV_STABILITY_OPT_IN"


def use_stable_names() -> None:
    """Let the instrumentations name attributes as the stable conventions do; they read it once."""
    os.environ.setdefault(CONVENTIONS, "database,http")


def watch_engine(provider: TracerProvider, engine: AsyncEngine) -> None:
    """Leave `SQLAlchemyInstrumentor`, which changes SQLAlchemy itself and takes its engines only once."""
    tracer = provider.get_tracer("hello.postgres")
    unused = NoOpMeter("hello").create_up_down_counter("unused")
    EngineTracer(tracer, engine.sync_engine, unused)  # type: ignore[no-untyped-call]


def watch_redis(provider: TracerProvider, client: Any) -> None:  # noqa: ANN401  # of one server or of a cluster
    RedisInstrumentor.instrument_client(client, tracer_provider=provider)
