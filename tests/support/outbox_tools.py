"""What tests do to an outbox, and to the connections of those who use it."""

from collections.abc import Mapping
from datetime import date
from random import Random

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.brokers.metrics import RelayCounts
from hello.connectors.brokers.outages import Outage
from hello.connectors.brokers.retrying import RetryingPublisher
from hello.connectors.postgres.outbox import PostgresOutbox
from hello.connectors.postgres.people import PostgresPeople
from hello.connectors.postgres.shards import PostgresShards
from hello.core.clock import now
from hello.entities.events import Event
from hello.services.event_ports import EventPublisher
from hello.services.relay import Relay
from tests.twins.events import TwinWakeup

IN_TRANSACTION = "idle in transaction"
KILL = text(
    """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND query LIKE :query AND state LIKE :state
    """
)


def a_retrying_relay(engine: AsyncEngine, publisher: EventPublisher, counts: RelayCounts) -> Relay:
    """Return one that publishes as the worker's does, and looks again soon."""
    return Relay(
        shards=PostgresShards(engine=engine, deadline_s=5, hold_s=10),
        publisher=RetryingPublisher(publisher=publisher, metrics=counts, outage=Outage("relay")),
        wakeup=TwinWakeup(),
        metrics=counts,
        now=now,
        random=Random(),  # noqa: S311
        batch=20,
        poll_s=0.01,
        deadline_s=5,
    )


def shards_of(engine: AsyncEngine, hold_s: float = 10) -> PostgresShards:
    return PostgresShards(engine=engine, deadline_s=5, hold_s=hold_s)


async def write(outbox: async_sessionmaker[AsyncSession], *events: Event) -> None:
    async with outbox.begin() as session:
        await PostgresOutbox(session).add(*events)


async def left(outbox: async_sessionmaker[AsyncSession]) -> int:
    async with outbox() as session:
        return await session.scalar(text("SELECT count(*) FROM outbox")) or 0


async def kill(engine: AsyncEngine, query: str, state: str = "%") -> None:
    """End the one connection to this database that runs or ran this, and is in this state."""
    async with engine.connect() as connection:
        killed = await connection.scalars(KILL, {"query": query, "state": state})
        assert killed.all() == [True]


async def save_people(session: AsyncSession, births: Mapping[str, date]) -> None:
    """Save people as the service does: with the event of each."""
    await PostgresPeople(session).save(births, [])
    await PostgresOutbox(session).add_person_saved(births)
