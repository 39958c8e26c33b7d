"""What PostgreSQL does to us: races, faults and time-outs."""

import asyncio
import socket
from dataclasses import replace
from datetime import date
from time import monotonic

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.engine import Database, connect, open_engine
from hello.connectors.postgres.pool import FairPool
from hello.connectors.postgres.schema import SchemaProbe, migrations_folder, newest_revision
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.errors import UnavailableError
from tests.support.builders import a_name
from tests.support.postgres_proxy import proxied

pytestmark = pytest.mark.integrated


async def test_two_first_saves_at_once_are_one_row(
    unit_of_work: PostgresUnitOfWork, engine: AsyncEngine
) -> None:
    name = a_name()

    async def save(born: date) -> None:
        async with unit_of_work.begin() as tx:
            await tx.people.save({name: born}, [])

    await asyncio.gather(*(save(date(1990, 1, day)) for day in range(1, 11)))
    async with engine.connect() as connection:
        count = await connection.scalar(text("SELECT count(*) FROM people WHERE username = :n"), {"n": name})
    assert count == 1


async def test_a_statement_that_takes_too_long_is_unavailable(database: Database) -> None:
    async with open_engine(replace(database, deadline_s=0.05)) as engine:
        with pytest.raises(UnavailableError):
            await sleep(PostgresUnitOfWork.of(engine, 5))


async def test_a_server_that_does_not_answer_is_unavailable(engine: AsyncEngine) -> None:
    with pytest.raises(UnavailableError):
        await sleep(PostgresUnitOfWork.of(engine, 0.05))


async def sleep(unit_of_work: PostgresUnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        await tx.people.session.execute(text("SELECT pg_sleep(10)"))


async def test_faulty_statement_is_not_reported_as_an_outage(unit_of_work: PostgresUnitOfWork) -> None:
    with pytest.raises(ProgrammingError):
        async with unit_of_work.begin() as tx:
            await tx.people.session.execute(text("SELEC 1"))


async def test_database_error_does_not_quote_parameters(engine: AsyncEngine) -> None:
    """Its traceback is logged."""
    with pytest.raises(ProgrammingError) as raised:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT missing FROM people WHERE username = :n"), {"n": "secret"})
    assert "missing" in str(raised.value)
    assert "secret" not in str(raised.value)


async def test_pool_is_fair_and_closes_its_connections_at_the_end(database: Database) -> None:
    async with open_engine(database) as engine:
        assert isinstance(engine.pool, FairPool)
        async with engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
        assert raw
        assert not raw.is_closed()
    assert raw.is_closed()


LIMITS = {
    "idle_in_transaction_session_timeout": "25s",
    "lock_timeout": "750ms",
    "statement_timeout": "2500ms",
    "timezone": "UTC",
}


@pytest.mark.parametrize("transaction_pooling", [False, True])
async def test_every_transaction_has_the_limits_of_the_settings(
    database: Database, *, transaction_pooling: bool
) -> None:
    own = replace(database, deadline_s=2.5, lock_timeout_s=0.75, transaction_pooling=transaction_pooling)
    async with open_engine(own) as engine:
        for _ in range(2):
            async with engine.begin() as connection:
                shown = [await connection.scalar(text(f"SHOW {name}")) for name in LIMITS]
            assert dict(zip(LIMITS, shown, strict=True)) == LIMITS


async def test_transaction_beyond_a_pooler_leaves_nothing_to_the_next_client(database: Database) -> None:
    async with open_engine(replace(database, transaction_pooling=True)) as engine:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT 1"))
            raw = (await connection.get_raw_connection()).driver_connection
        assert raw
        assert await raw.fetchval("SHOW lock_timeout") == "0"
        assert await raw.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''") == 0


async def test_both_ends_of_a_tcp_connection_are_kept_alive(database: Database) -> None:
    async with proxied(database) as (_, through):
        connection = await connect(through)
        sock = connection._transport.get_extra_info("socket")  # noqa: SLF001  # there is no public way to it
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
        shown = await connection.fetchval("SELECT source FROM pg_settings WHERE name = 'tcp_keepalives_idle'")
        assert shown == "client"
        await connection.close()


@pytest.mark.parametrize(("options", "longest_s"), [("", 0.3), ("&connect_timeout=1", 1.1)])
async def test_attempt_to_connect_to_a_silent_server_is_bounded(
    database: Database, options: str, longest_s: float
) -> None:
    async with proxied(database) as (proxy, through):
        proxy.swallows = True
        start = monotonic()
        with pytest.raises(TimeoutError):
            await connect(replace(through, dsn=f"{through.dsn}{options}", connect_timeout_s=0.2))
        assert longest_s - 0.2 < monotonic() - start < longest_s + 1


async def test_a_full_pool_is_unavailable(database: Database) -> None:
    tight = replace(database, pool_size=1, pool_overflow=0, connect_timeout_s=0.1)
    async with open_engine(tight) as engine, engine.connect():
        with pytest.raises(UnavailableError):
            await sleep(PostgresUnitOfWork.of(engine, 5))


async def test_a_connection_that_the_server_has_closed_is_not_used_again(database: Database) -> None:
    async with open_engine(replace(database, pool_size=1)) as engine:
        unit_of_work = PostgresUnitOfWork.of(engine, 5)
        async with engine.connect() as connection:
            pid = await connection.scalar(text("SELECT pg_backend_pid()"))
            closed = connection_lost(await connection.get_raw_connection())
        async with open_engine(database) as other, other.connect() as killer:
            await killer.execute(text(f"SELECT pg_terminate_backend({pid})"))
        await closed.wait()
        async with unit_of_work.begin() as tx:
            await tx.people.save({a_name(): date(1990, 5, 17)}, [])


def connection_lost(connection: object) -> asyncio.Event:
    lost = asyncio.Event()
    connection.driver_connection.add_termination_listener(lambda _: lost.set())  # type: ignore[attr-defined]
    return lost


@pytest.mark.parametrize(
    "dsn", ["postgresql://nobody@127.0.0.1:1/none", "postgresql://nobody@/x?host=/nowhere"]
)
async def test_unreachable_database_is_unavailable(dsn: str) -> None:
    async with open_engine(Database(dsn=dsn, application_name="test")) as engine:
        with pytest.raises(UnavailableError):
            await sleep(PostgresUnitOfWork.of(engine, 5))


NEWEST = newest_revision(migrations_folder())


@pytest.mark.parametrize(("needed", "up"), [("0000", True), (NEWEST, True), ("9999", False)])
async def test_only_a_schema_older_than_the_code_is_unfit(engine: AsyncEngine, needed: str, up: bool) -> None:  # noqa: FBT001
    probe = SchemaProbe(engine, needed)
    if up:
        await probe.check()
    else:
        with pytest.raises(UnavailableError, match="the code needs 9999"):
            await probe.check()
