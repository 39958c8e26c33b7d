"""The outbox as relays read it: shard by shard, each shard by one relay at a time."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from hello.connectors.postgres.engine import milliseconds
from hello.connectors.postgres.errors import business_errors
from hello.connectors.postgres.outbox import events_of
from hello.entities.events import PEOPLE_SHARD, PERSON_SAVED, OutboxRow
from hello.services.event_ports import Backlog, Blocker, OutboxBatch

LOCKS = 731_004_211  # any number that all relays share and nothing else uses
COUNTED = 10_000
BACKLOG = text(
    """
    SELECT
        ARRAY(
            SELECT shard FROM generate_series(0, :last) AS shard
            WHERE EXISTS (SELECT FROM outbox WHERE outbox.shard = shard.shard)
        ),
        (SELECT time FROM outbox ORDER BY id LIMIT 1),
        (SELECT count(*) FROM (SELECT FROM outbox LIMIT :counted) AS counted)
    """
)
CLAIM = text(
    """
    SELECT
        set_config('idle_in_transaction_session_timeout', :hold, true),
        pg_try_advisory_xact_lock(:locks, :shard)
    """
)
# Ids are given out before the commit, so a row with a smaller one may still appear. It is of another subject:
# who writes an event has locked the row that it is about, until the commit (ADR 27).
WAITING = text(
    f"""
    SELECT outbox.*
    FROM (
        SELECT id, sum(size) OVER (ORDER BY id) - size AS before
        FROM (
            SELECT
                id,
                CASE type
                    WHEN '{PERSON_SAVED}' THEN (SELECT count(*) FROM jsonb_object_keys(data))
                    ELSE 1
                END AS size
            FROM outbox
            WHERE shard = :shard
            ORDER BY id
            LIMIT :limit
        ) AS first
    ) AS counted
    JOIN outbox USING (id)
    WHERE before < :limit
    ORDER BY id
    """  # noqa: S608  # constants only
)
# Read system catalogs only: a query of the outbox would wait for its lock.
BLOCKER = text(
    """
    SELECT pid, datname, application_name, coalesce(xact_start, backend_start) AS since
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE granted
        AND pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (
            locktype = 'advisory' AND classid = :locks AND objsubid = 2
            OR relation = 'outbox'::regclass
                AND mode IN ('RowShareLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                             'AccessExclusiveLock')
        )
        AND coalesce(xact_start, backend_start) < now() - CAST(:after AS interval)
    ORDER BY since
    LIMIT 1
    """
)
REMOVE_SUBJECTS = text("UPDATE outbox SET data = data - CAST(:subjects AS text[]) WHERE id = :row")


@dataclass(frozen=True, slots=True)
class PostgresShard:
    number: int
    session: AsyncSession

    async def waiting(self, limit: int) -> Sequence[OutboxBatch]:
        """Read by a statement of its own: one that also locks would see what was there before the lock."""
        query = select(OutboxRow).from_statement(WAITING)
        rows = await self.session.scalars(query, {"shard": self.number, "limit": limit})
        return [OutboxBatch(row.id, events_of(row)) for row in rows]

    async def remove(self, ids: Collection[int]) -> None:
        query = delete(OutboxRow).where(OutboxRow.id == func.any(list(ids)))
        await self.session.execute(query, execution_options={"synchronize_session": False})

    async def remove_subjects(self, row: int, subjects: Collection[str]) -> None:
        await self.session.execute(REMOVE_SUBJECTS, {"row": row, "subjects": list(subjects)})


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresShards:
    """`deadline_s` is for a look at the backlog, `hold_s` for a claim, with all that is published in it."""

    engine: AsyncEngine
    deadline_s: float
    hold_s: float

    async def backlog(self) -> Backlog:
        parameters = {"last": PEOPLE_SHARD, "counted": COUNTED}
        with business_errors():
            async with asyncio.timeout(self.deadline_s), self.engine.connect() as connection:
                shards, oldest, depth = (await connection.execute(BACKLOG, parameters)).one()
        return Backlog(shards, oldest, depth)

    async def blocker(self) -> Blocker | None:
        parameters = {"locks": LOCKS, "after": timedelta(seconds=self.hold_s)}
        with business_errors():
            async with asyncio.timeout(self.deadline_s), self.engine.connect() as connection:
                holder = (await connection.execute(BLOCKER, parameters)).one_or_none()
        return Blocker(*holder) if holder else None

    @asynccontextmanager
    async def claim(self, shard: int) -> AsyncIterator[PostgresShard | None]:
        """Let the server end the transaction of a relay that is no more, and with it the lock."""
        parameters = {"hold": milliseconds(self.hold_s), "locks": LOCKS, "shard": shard}
        with business_errors():
            async with asyncio.timeout(self.hold_s), AsyncSession(self.engine) as session, session.begin():
                _, is_ours = (await session.execute(CLAIM, parameters)).one()
                yield PostgresShard(shard, session) if is_ours else None
