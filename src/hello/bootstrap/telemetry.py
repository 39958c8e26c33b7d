"""The wiring of traces and slow queries: what watches engines, clients and batches, if anything does."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.brokers.traced_publisher import TracedPublisher
from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.pool import PoolMetrics
from hello.connectors.postgres.slow_queries import SlowQueries, open_slow_queries
from hello.core.settings import Settings, SettingsError
from hello.core.traces import NoTracer, Tracer
from hello.services.event_ports import EventPublisher

if TYPE_CHECKING:
    from hello.connectors.telemetry.tracer import OpenTracer

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Does nothing for a process without tracing and without a threshold for slow queries."""

    open_tracer: "OpenTracer | None" = None
    slow_queries: SlowQueries | None = None
    pools: PoolMetrics | None = None

    @property
    def tracer(self) -> Tracer:
        return self.open_tracer or NoTracer()

    def watch_engine(self, engine: AsyncEngine) -> None:
        if self.slow_queries is not None:
            self.slow_queries.watch(engine)
        if self.open_tracer is not None:
            from hello.connectors.telemetry.instruments import watch_engine  # noqa: PLC0415

            watch_engine(self.open_tracer.provider, engine)

    def watch_redis(self, client: Any) -> None:  # noqa: ANN401  # of one server or of a cluster
        if self.open_tracer is not None:
            from hello.connectors.telemetry.instruments import watch_redis  # noqa: PLC0415

            watch_redis(self.open_tracer.provider, client)

    def publisher(self, publisher: EventPublisher, options: BrokerOptions) -> EventPublisher:
        if self.open_tracer is None:
            return publisher
        return TracedPublisher(
            publisher=publisher, tracer=self.open_tracer, system=options.system, destination=options.topic
        )


NOTHING = Telemetry()


@contextmanager
def open_tracing(settings: Settings, service: str) -> Iterator[Telemetry]:
    """Import OpenTelemetry only if spans are exported, as that is slow; raise `SettingsError` without it."""
    endpoint = settings.otel_exporter_otlp_endpoint
    if not endpoint:
        yield NOTHING
        return
    try:
        from hello.connectors.telemetry.exporting import TracingOptions, open_tracer  # noqa: PLC0415
        from hello.connectors.telemetry.instruments import use_stable_names  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{ENDPOINT}: needs the extra `tracing` of this package ({error.name})"
        ) from error
    use_stable_names()
    options = TracingOptions(
        endpoint=endpoint,
        service=service,
        version=version("hello"),
        sample=settings.tracing_sample,
        headers=settings.traces_headers,
    )
    with open_tracer(options) as tracer:
        yield Telemetry(tracer)


@asynccontextmanager
async def watching_queries(telemetry: Telemetry, settings: Settings, name: str) -> AsyncIterator[Telemetry]:
    """Add slow queries, if there is a threshold."""
    async with AsyncExitStack() as stack:
        if settings.slow_query_s > 0:
            explain = settings.slow_query_plan == "on"
            opening = open_slow_queries(
                settings.slow_query_s, Database.of(settings, name) if explain else None
            )
            telemetry = replace(telemetry, slow_queries=await stack.enter_async_context(opening))
        yield telemetry
