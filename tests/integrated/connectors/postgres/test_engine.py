"""What PostgreSQL does to us: races, faults and time-outs."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.schema import SchemaProbe
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.errors import UnavailableError
from tests.support.builders import a_name

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


@pytest.mark.parametrize(("needed", "up"), [("0000", True), ("0002", True), ("9999", False)])
async def test_only_a_schema_older_than_the_code_is_unfit(engine: AsyncEngine, needed: str, up: bool) -> None:  # noqa: FBT001
    probe = SchemaProbe(engine, needed)
    if up:
        await probe.check()
    else:
        with pytest.raises(UnavailableError, match="the code needs 9999"):
            await probe.check()
