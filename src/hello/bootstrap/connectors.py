"""Every port connected to its connector."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from secrets import token_urlsafe
from time import monotonic
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.bootstrap.search import WRITE_TIMEOUT_S, item_index, open_search, open_writing
from hello.bootstrap.telemetry import NOTHING, Telemetry, watching_queries
from hello.bootstrap.use_cases import Ports, health_service, use_cases
from hello.connectors.argon2 import Argon2Cost, open_passwords
from hello.connectors.breaker import Breaker
from hello.connectors.brokers.metrics import consumer_counts
from hello.connectors.brokers.probe import BrokerProbe
from hello.connectors.limits.limiter import open_limiter
from hello.connectors.limits.quotas import read_quotas
from hello.connectors.metrics import (
    background_job_counts,
    batch_metrics,
    domain_event_counts,
    log_in_counter,
    order_move_counter,
)
from hello.connectors.postgres.accounts import account_lookup
from hello.connectors.postgres.batches import Batches, open_batches
from hello.connectors.postgres.celebrations import birthday_pages, birthday_texts
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.item_store import item_store
from hello.connectors.postgres.items import item_lookup, item_pages
from hello.connectors.postgres.listener import PostgresListener, open_listener
from hello.connectors.postgres.order_store import order_store
from hello.connectors.postgres.orders import order_lookup, order_pages
from hello.connectors.postgres.outbox import CHANGES
from hello.connectors.postgres.person_lookup import KINDS, person_lookup
from hello.connectors.postgres.schema import SchemaProbe, migrations_folder, newest_revision
from hello.connectors.postgres.sessions import session_lookup
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.connectors.postgres.watched_statements import BatchWatch
from hello.connectors.postgres.write_faults import WriteFaults
from hello.connectors.redis.client import RedisProbe, open_redis
from hello.connectors.redis.guarded import GuardedRedis, RedisLike
from hello.connectors.redis.metrics import cache_metrics
from hello.connectors.redis.stamped_pages import NoStampedPages, RedisStampedPages
from hello.connectors.tokens.access import JwtAccessTokens
from hello.connectors.tokens.keys import TokenKeys
from hello.connectors.tokens.pem import token_keys
from hello.core.background_jobs import open_background_jobs
from hello.core.batching import Bounds
from hello.core.clock import now
from hello.core.settings import Settings
from hello.core.shutdown import ShutdownSignal
from hello.entities.birthdays import LeapDay
from hello.services.birthday_lists import ListedDays
from hello.services.consumers import EFFECTS
from hello.services.dead_letters import DeadLetterService
from hello.services.health import Probe
from hello.services.inbox import Effect
from hello.services.item_indexing import SEARCH
from hello.services.lookups import Lookups
from hello.services.ports import Begin, StampedPages
from hello.services.security import Passwords
from hello.services.use_cases import UseCases

if TYPE_CHECKING:
    from hello.connectors.search.client import SearchClient


HOLDING_FROM = 10
"""Connections of a pool from which on some are held for batches: a smaller one would have too few left."""


@dataclass(frozen=True, slots=True)
class Connections:
    """What the connectors of a process share; `redis` and `search` are None where there is none."""

    engine: AsyncEngine
    writes: WriteFaults
    listener: PostgresListener
    redis: Any | None
    search: "SearchClient | None"
    telemetry: Telemetry


@asynccontextmanager
async def open_use_cases(
    settings: Settings,
    shutdown: ShutdownSignal,
    registry: CollectorRegistry,
    telemetry: Telemetry = NOTHING,
) -> AsyncIterator[UseCases]:
    """Connect every port to its connector, for as long as the process runs."""
    async with AsyncExitStack() as stack:
        connections = await open_connections(stack, settings, telemetry)
        ports = await open_ports(stack, settings, connections, shutdown, registry)
        probes = probes_of(settings, connections)
        yield use_cases(settings, ports, health_service(settings, probes, shutdown))


async def open_connections(stack: AsyncExitStack, settings: Settings, telemetry: Telemetry) -> Connections:
    telemetry = await stack.enter_async_context(watching_queries(telemetry, settings, "hello-api"))
    database = Database.of(settings, "hello-api")
    engine, writes = await stack.enter_async_context(open_engine(database, telemetry.pools)), WriteFaults()
    writes.watch(engine)
    telemetry.watch_engine(engine)
    listener = await stack.enter_async_context(
        open_listener(Database.direct(settings, "hello-api"), {CHANGES}, settings.relay_poll_s)
    )
    redis = None
    if settings.redis_dsn:
        redis = await stack.enter_async_context(open_redis(settings.redis_dsn, settings.redis_timeout_s))
        telemetry.watch_redis(redis)
    search = await open_search(stack, settings, settings.search_timeout_s, telemetry.open_tracer)
    return Connections(engine, writes, listener, redis, search, telemetry)


async def open_ports(
    stack: AsyncExitStack,
    settings: Settings,
    connections: Connections,
    shutdown: ShutdownSignal,
    registry: CollectorRegistry,
) -> Ports:
    quotas, keys, redis = read_quotas(settings.rate_limits), token_keys(settings), connections.redis
    listed_days = ListedDays(now=now, leap_day=LeapDay(settings.leap_day))
    pooled = settings.database_pooler == "transaction" or pool_size(settings) < HOLDING_FROM
    watch, bounds = batch_watch(connections, registry), bounds_of(settings)
    opening = partial(open_batches, connections.engine, bounds, transaction_pooling=pooled, watch=watch)
    people = await stack.enter_async_context(opening(KINDS))
    held = max(1, settings.database_pool_size // 2)
    batches = await stack.enter_async_context(opening(held, lock_timeout_s=batch_lock_timeout_s(settings)))
    passwords = await stack.enter_async_context(passwords_of(settings))
    limiter = await stack.enter_async_context(open_limiter(quotas, redis, settings.redis_timeout_s, registry))
    begin = PostgresUnitOfWork.of(connections.engine, settings.database_deadline_s).begin
    effects = await stack.enter_async_context(open_effects(settings, connections.engine, begin))
    # Opened last, as it is closed first: what is left to be done then needs the others.
    jobs = await stack.enter_async_context(open_background_jobs(background_job_counts(registry)))
    return Ports(
        begin=begin,
        effects=effects,
        lookup=person_lookup(people, listed_days.affected_month_days),
        listed_days=listed_days,
        lookups=lookups_of(batches),
        order_store=order_store(batches),
        item_store=item_store(batches),
        batch_calls=batches.writes,
        stamped_pages=stamped_pages(settings, redis, registry),
        item_index=item_index(batches, connections.search, registry),
        passwords=passwords,
        access_tokens=access_tokens(settings, keys),
        limiter=limiter,
        domain_events=domain_event_counts(registry),
        enqueue=jobs.enqueue,
        listen=lambda order_id: connections.listener.listen(CHANGES, str(order_id)),
        stop=shutdown,
        count_log_in=log_in_counter(registry),
        count_move=order_move_counter(registry),
    )


def batch_lock_timeout_s(settings: Settings) -> float:
    """Leave most of the deadline for repeating a batch one by one, once a lock has not been free."""
    return min(settings.database_lock_timeout_s, settings.database_deadline_s / 8)


def pool_size(settings: Settings) -> int:
    return settings.database_pool_size + settings.database_pool_overflow


def lookups_of(batches: Batches) -> Lookups:
    return Lookups(
        accounts=account_lookup(batches),
        birthday_pages=birthday_pages(batches),
        birthday_texts=birthday_texts(batches),
        items=item_lookup(batches),
        item_pages=item_pages(batches),
        orders=order_lookup(batches),
        order_pages=order_pages(batches),
        sessions=session_lookup(batches),
    )


def batch_watch(connections: Connections, registry: CollectorRegistry) -> BatchWatch:
    telemetry = connections.telemetry
    return BatchWatch(
        telemetry.open_tracer, telemetry.slow_queries, connections.writes.record, batch_metrics(registry)
    )


def bounds_of(settings: Settings) -> Bounds:
    return Bounds(deadline_s=settings.database_deadline_s, waiting=settings.database_queue_size)


def passwords_of(settings: Settings) -> AbstractAsyncContextManager[Passwords]:
    return open_passwords(
        Argon2Cost(), threads=settings.password_threads, max_waiting=settings.password_queue_size
    )


def probes_of(settings: Settings, connections: Connections) -> list[Probe]:
    """Without `BROKER_URL` the events go to the Redis of the cache, which has its check already."""
    schema = SchemaProbe(connections.engine, newest_revision(migrations_folder()), connections.writes)
    cache = [] if connections.redis is None else [RedisProbe(connections.redis)]
    broker = [BrokerProbe(settings.broker_url.get_secret_value())] if settings.broker_url else []
    return [schema, *cache, *broker, *search_probes(connections.search)]


def search_probes(client: "SearchClient | None") -> list[Probe]:
    if client is None:
        return []
    from hello.connectors.search.client import SearchProbe  # noqa: PLC0415

    return [SearchProbe(client)]


def access_tokens(settings: Settings, keys: TokenKeys) -> JwtAccessTokens:
    return JwtAccessTokens(
        keys=keys,
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        lifetime_s=settings.token_lifetime_s,
        leeway_s=settings.token_leeway_s,
        now=now,
        new_id=lambda: token_urlsafe(16),
    )


def guarded_redis(settings: Settings, redis: RedisLike, registry: CollectorRegistry) -> GuardedRedis:
    return GuardedRedis(
        redis=redis,
        timeout_s=settings.redis_timeout_s,
        breaker=Breaker(name="Redis", timer=monotonic),
        metrics=cache_metrics(registry),
    )


def stamped_pages(settings: Settings, redis: RedisLike | None, registry: CollectorRegistry) -> StampedPages:
    if redis is None:
        return NoStampedPages()
    guarded = guarded_redis(settings, redis, registry)
    return RedisStampedPages(guarded=guarded, lease_s=settings.cache_lease_s)


@asynccontextmanager
async def open_dead_letters(settings: Settings) -> AsyncIterator[DeadLetterService]:
    async with open_engine(Database.of(settings, "hello-events")) as engine:
        begin = PostgresUnitOfWork.of(engine, settings.database_deadline_s).begin
        async with open_effects(settings, engine, begin) as effects:
            yield DeadLetterService(begin=begin, effects=effects, now=now)


@asynccontextmanager
async def open_effects(
    settings: Settings, engine: AsyncEngine, begin: Begin
) -> AsyncIterator[Mapping[str, Effect]]:
    """Yield what each consumer does with an event that is handed to it again, by its name."""
    counts = consumer_counts(CollectorRegistry())
    async with open_writing(settings, engine, begin, counts, WRITE_TIMEOUT_S) as indexing:
        effects = {subscription.name: effect for subscription, effect in EFFECTS.items()}
        yield {SEARCH.name: indexing.handle_again} | effects
