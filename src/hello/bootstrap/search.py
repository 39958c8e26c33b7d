"""The wiring of search: which index answers, and who writes it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.breaker import Breaker
from hello.connectors.brokers.metrics import consumer_counts
from hello.connectors.brokers.outages import Outage
from hello.connectors.brokers.sources import AcquireLock
from hello.connectors.postgres.advisory_locks import PostgresAdvisoryLocks
from hello.connectors.postgres.batches import Batches
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.item_index import item_index as postgres_item_index
from hello.connectors.postgres.item_index_writer import PostgresIndexWriter
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.clock import now
from hello.core.settings import Settings, SettingsError
from hello.core.traces import NoTracer, Tracer
from hello.entities.errors import UnavailableError
from hello.services.event_ports import ConsumerMetrics
from hello.services.item_indexing import ItemIndexing
from hello.services.ports import Begin
from hello.services.search import ItemIndex

if TYPE_CHECKING:
    from hello.connectors.search.client import SearchClient

WRITE_TIMEOUT_S, BUILD_TIMEOUT_S = 3.0, 60.0
BUILDS = "hello.search.build"


async def open_search(
    stack: AsyncExitStack, settings: Settings, timeout_s: float, tracer: Tracer | None = None
) -> "SearchClient | None":
    """Connect to the engine of `SEARCH_URL`; the client is imported only if there is one, as that is slow."""
    if settings.search_url is None:
        return None
    try:
        from hello.connectors.search.client import SearchOptions, open_search_client  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(f"SEARCH_URL: needs the extra `search` of this package ({error.name})") from error
    api_key = settings.search_api_key
    options = SearchOptions(
        url=settings.search_url.get_secret_value(),
        api_key=api_key.get_secret_value() if api_key else None,
        index=settings.search_index,
        timeout_s=timeout_s,
        tracer=tracer,
    )
    return await stack.enter_async_context(open_search_client(options))


def item_index(batches: Batches, client: "SearchClient | None", registry: CollectorRegistry) -> ItemIndex:
    database = postgres_item_index(batches)
    if client is None:
        return database
    from hello.connectors.search.fallback import FallbackItemIndex, search_metrics  # noqa: PLC0415
    from hello.connectors.search.item_index import EngineItemIndex  # noqa: PLC0415

    return FallbackItemIndex(
        engine=EngineItemIndex(client),
        database=database,
        breaker=Breaker(name="the search engine", timer=monotonic),
        metrics=search_metrics(registry),
    )


@asynccontextmanager
async def open_writing(  # noqa: PLR0913, PLR0917
    settings: Settings,
    engine: AsyncEngine,
    begin: Begin,
    metrics: ConsumerMetrics,
    timeout_s: float,
    tracer: Tracer | None = None,
) -> AsyncIterator[ItemIndexing]:
    """Write the index of the engine, or the documents in PostgreSQL without an engine."""
    async with AsyncExitStack() as stack:
        client = await open_search(stack, settings, timeout_s, tracer)
        if client is None:
            yield ItemIndexing(begin=begin, writer=PostgresIndexWriter.of(engine), metrics=metrics, now=now)
            return
        from hello.connectors.search.writer import EngineIndexWriter  # noqa: PLC0415

        yield ItemIndexing(
            begin=begin,
            writer=EngineIndexWriter(client),
            metrics=metrics,
            now=now,
            tracer=tracer or NoTracer(),
        )


def engine_outage() -> Outage:
    return Outage("search-build", "search engine unavailable", "search engine available again")


@dataclass(frozen=True, slots=True)
class IndexBuilds:
    """A task that builds the index when it is missing or of an older format, in one process at a time."""

    indexing: ItemIndexing
    acquire: AcquireLock
    outage: Outage = field(default_factory=engine_outage)

    async def step(self) -> bool:
        try:
            if not await self.indexing.writer.is_current():
                async with self.acquire(BUILDS):
                    await self.indexing.build_if_missing()
        except UnavailableError as error:
            self.outage.failed(error)
        else:
            self.outage.worked()
        return False


@asynccontextmanager
async def open_indexing(settings: Settings) -> AsyncIterator[ItemIndexing]:
    """Open it for a command; of all processes that may build an index, one does at a time."""
    database = Database.of(settings, "hello-search")
    async with open_engine(database) as engine:
        begin = PostgresUnitOfWork.of(engine, settings.database_deadline_s).begin
        locks = PostgresAdvisoryLocks(Database.direct(settings, "hello-search") or database)
        counts = consumer_counts(CollectorRegistry())
        async with (
            locks.acquire(BUILDS),
            open_writing(settings, engine, begin, counts, BUILD_TIMEOUT_S) as indexing,
        ):
            yield indexing
