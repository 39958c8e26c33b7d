"""The wiring of the worker's tasks: order progress, announcements, cleanup, relay and consumers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.bootstrap.figures import database_figures, list_freshness
from hello.bootstrap.search import BUILD_TIMEOUT_S, WRITE_TIMEOUT_S, IndexBuilds, open_writing
from hello.bootstrap.telemetry import Telemetry, watching_queries
from hello.connectors.brokers.adapters import open_publisher, source_of
from hello.connectors.brokers.consumer import CheckTime, by_subject, consuming
from hello.connectors.brokers.full_broker import FullBrokerPublisher
from hello.connectors.brokers.metrics import ConsumerCounts, RelayCounts, consumer_counts, relay_counts
from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.brokers.outages import Outage
from hello.connectors.brokers.retrying import RetryingPublisher
from hello.connectors.postgres.advisory_locks import AdvisoryLocksProbe, PostgresAdvisoryLocks
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.listener import PostgresListener, open_listener
from hello.connectors.postgres.outbox import CHANNEL
from hello.connectors.postgres.shards import PostgresShards
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.adaptive_batch_size import AdaptiveBatchSize
from hello.core.clock import now
from hello.core.settings import Settings
from hello.entities.events import Event
from hello.interface.worker.tasks import BIRTHDAYS, CLEANUP, CONSUMERS, FIGURES, PROGRESS, RELAY, Task
from hello.services.consumers import EFFECTS, Consumer
from hello.services.event_ports import EventPublisher, Subscription, Wakeup
from hello.services.inbox import InboxService
from hello.services.item_indexing import SEARCH
from hello.services.relay import Relay
from hello.services.use_cases import UseCases

ORDERS_AT_ONCE, PEOPLE_AT_ONCE, KEYS_AT_ONCE = 250, 500, 1000
BIRTHDAYS_POLL_S, CLEANUP_POLL_S, SEARCH_POLL_S, FRESHNESS_POLL_S = 60, 3600, 5, 5
SOON_S = 0.05  # what is due already is in the hands of another worker
HOLD_FACTOR = 2  # a shard is held for one batch, and then some


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What the tasks of a worker share."""

    settings: Settings
    database: Database
    engine: AsyncEngine
    listener: PostgresListener
    use_cases: UseCases
    registry: CollectorRegistry
    telemetry: Telemetry


@asynccontextmanager
async def open_tasks(
    settings: Settings,
    use_cases: UseCases,
    registry: CollectorRegistry,
    only: Collection[str],
    telemetry: Telemetry,
) -> AsyncIterator[list[Task]]:
    """Make the tasks that are wanted; those that need a broker only when there is one."""
    database, direct = Database.of(settings, "hello-worker"), Database.direct(settings, "hello-worker")
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(open_engine(database, telemetry.pools))
        telemetry = await stack.enter_async_context(watching_queries(telemetry, settings, "hello-worker"))
        telemetry.watch_engine(engine)
        listener = await stack.enter_async_context(open_listener(direct, {CHANNEL}, settings.relay_poll_s))
        context = WorkerContext(
            settings, direct or database, engine, listener, use_cases, registry, telemetry
        )
        tasks = [
            await stack.enter_async_context(open_(context)) for name, open_ in OPENERS.items() if name in only
        ]
        yield [task for some in tasks for task in some]


@asynccontextmanager
async def progress(context: WorkerContext) -> AsyncIterator[list[Task]]:
    """Move orders when they are due; a new one wakes it."""
    orders, poll_s = context.use_cases.order_progress, context.settings.relay_poll_s
    batch_size = AdaptiveBatchSize(ORDERS_AT_ONCE)

    with context.listener.listen(CHANNEL) as wakeup:

        async def wait() -> None:
            due = await orders.next_due()
            until_s = poll_s if due is None else (due - now()).total_seconds()
            await wakeup.wait(min(max(until_s, SOON_S), poll_s))

        yield [Task(name=PROGRESS, step=partial(batch_size.step, orders.advance), wait=wait)]


@asynccontextmanager
async def birthdays(context: WorkerContext) -> AsyncIterator[list[Task]]:
    announcements = context.use_cases.announcements

    async def step() -> bool:
        return await announcements.announce(PEOPLE_AT_ONCE) == PEOPLE_AT_ONCE

    yield [Task(name=BIRTHDAYS, step=step, wait=partial(asyncio.sleep, BIRTHDAYS_POLL_S))]


@asynccontextmanager
async def cleanup(context: WorkerContext) -> AsyncIterator[list[Task]]:
    """Forget what has become too old to be asked for again."""
    inbox = InboxService(begin=unit_of_work(context).begin, now=now)

    async def step() -> bool:
        await context.use_cases.announcements.forget()
        await inbox.clear(context.settings.inbox_days)
        return await context.use_cases.idempotency.forget(KEYS_AT_ONCE) == KEYS_AT_ONCE

    yield [Task(name=CLEANUP, step=step, wait=partial(asyncio.sleep, CLEANUP_POLL_S))]


@asynccontextmanager
async def relay(context: WorkerContext) -> AsyncIterator[list[Task]]:
    if context.settings.broker_dsn is None:
        yield []
        return
    counts = relay_counts(context.registry)
    async with open_publisher(options_of(context), counts.trimmed) as opened:
        publisher = FullBrokerPublisher(publisher=opened, report_full=counts.full.set)
        with context.listener.listen(CHANNEL) as wakeup:
            publishing = relay_of(context, publisher, wakeup, counts)
            yield [
                Task(name=RELAY, step=publishing.step, wait=publishing.wait, probes=[publisher, publishing])
            ]


def relay_of(context: WorkerContext, publisher: EventPublisher, wakeup: Wakeup, counts: RelayCounts) -> Relay:
    settings = context.settings
    deadline_s = 2 * settings.publish_timeout_s
    retrying = RetryingPublisher(publisher=publisher, metrics=counts, outage=Outage("relay"))
    return Relay(
        shards=PostgresShards(
            engine=context.engine,
            deadline_s=settings.database_deadline_s,
            hold_s=HOLD_FACTOR * deadline_s,
        ),
        publisher=context.telemetry.publisher(retrying, options_of(context)),
        wakeup=wakeup,
        metrics=counts,
        now=now,
        random=Random(),  # noqa: S311  # shares the work, keeps no secret
        batch=settings.relay_batch,
        poll_s=settings.relay_poll_s,
        deadline_s=deadline_s,
    )


@asynccontextmanager
async def consumers(context: WorkerContext) -> AsyncIterator[list[Task]]:
    if context.settings.broker_dsn is None:
        yield []
        return
    counts = consumer_counts(context.registry)
    options, locks = options_of(context), PostgresAdvisoryLocks(context.database)
    async with AsyncExitStack() as stack:
        tasks = await search_tasks(stack, context, options, locks, counts)
        for subscription, effect in EFFECTS.items():
            handling = Consumer(
                subscription=subscription,
                effect=effect,
                begin=unit_of_work(context).begin,
                metrics=counts,
                now=now,
                tries=context.settings.consumer_tries,
                tracer=context.telemetry.tracer,
            )
            source = source_of(options, subscription, locks.acquire)
            consumer = await stack.enter_async_context(
                consuming(subscription.name, source, by_subject(handling.handle), counts)
            )
            tasks.append(Task(name=subscription.name, step=consumer.step, wait=consumer.wait))
        probe = AdvisoryLocksProbe(context.engine, locks.waiting)
        yield [replace(tasks[0], probes=[probe]), *tasks[1:]]


async def search_tasks(
    stack: AsyncExitStack,
    context: WorkerContext,
    options: BrokerOptions,
    locks: PostgresAdvisoryLocks,
    counts: ConsumerCounts,
) -> list[Task]:
    """Feed the index of the search engine, and build it when it is missing or of an older format."""
    if context.settings.search_url is None:
        return []
    begin, settings, tracer = unit_of_work(context).begin, context.settings, context.telemetry.open_tracer
    writing, building = [
        await stack.enter_async_context(
            open_writing(settings, context.engine, begin, counts, timeout_s, tracer)
        )
        for timeout_s in (WRITE_TIMEOUT_S, BUILD_TIMEOUT_S)
    ]

    async def handle(events: Sequence[Event], _: CheckTime) -> None:
        await writing.handle(events)

    source = source_of(options, SEARCH, locks.acquire)
    consumer = await stack.enter_async_context(consuming(SEARCH.name, source, handle, counts))
    return [
        Task(name=SEARCH.name, step=consumer.step, wait=consumer.wait),
        Task(
            name="search-build",
            step=IndexBuilds(building, locks.acquire).step,
            wait=partial(asyncio.sleep, SEARCH_POLL_S),
        ),
    ]


def options_of(context: WorkerContext) -> BrokerOptions:
    settings = context.settings
    return BrokerOptions.of(settings, settings.broker_dsn or "", subscriptions_of(settings))


def subscriptions_of(settings: Settings) -> Sequence[Subscription]:
    return [*EFFECTS, *([SEARCH] if settings.search_url else [])]


def unit_of_work(context: WorkerContext) -> PostgresUnitOfWork:
    return PostgresUnitOfWork.of(context.engine, context.settings.database_deadline_s)


@asynccontextmanager
async def figures(context: WorkerContext) -> AsyncIterator[list[Task]]:
    """Read into metrics what the database knows, and whether today's list is fresh."""
    consumers = [subscription.name for subscription in subscriptions_of(context.settings)]
    reader = database_figures(context.settings, context.engine, context.registry, consumers)
    freshness = list_freshness(context.settings, context.use_cases.birthdays, context.registry)
    yield [
        polling(FIGURES, reader.read, context.settings.figures_poll_s),
        polling("freshness", freshness.check, FRESHNESS_POLL_S),
    ]


def polling(name: str, read: Callable[[], Awaitable[None]], every_s: float) -> Task:
    async def step() -> bool:
        await read()
        return False

    return Task(name=name, step=step, wait=partial(asyncio.sleep, every_s))


OPENERS = {
    PROGRESS: progress,
    BIRTHDAYS: birthdays,
    CLEANUP: cleanup,
    RELAY: relay,
    CONSUMERS: consumers,
    FIGURES: figures,
}
