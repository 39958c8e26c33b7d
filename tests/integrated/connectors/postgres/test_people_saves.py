"""A save stamps the lists that it changes, whatever others write meanwhile, by each of its statements."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import date
from random import Random
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.outbox import people_in_order
from hello.connectors.postgres.people import RETURNS_OLD
from hello.connectors.postgres.person_lookup import STAMP, open_person_lookup, save_with_event
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.batching import Bounds
from tests.support.builders import a_name

pytestmark = pytest.mark.integrated
Connect = Callable[[], Any]
LISTED, OTHER, SAVED = date(1990, 5, 17), date(1990, 5, 18), date(1990, 5, 19)
LISTS = [517]
INSERT = "INSERT INTO people (username, date_of_birth) VALUES ($1, $2)"
UPDATE = "UPDATE people SET date_of_birth = $2 WHERE username = $1"
DELETE = "DELETE FROM people WHERE username = $1"
SENT = """
SELECT query FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%INSERT INTO people%'
"""
WRITERS, SAVES, NAMES = 4, 60, 8
DATES = [date(year, 5, day) for year in (1990, 1991) for day in (16, 17, 18)]
REPLACED = """
CREATE TABLE replaced (writer xid8, username text, old_day smallint);
CREATE FUNCTION note_replaced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO replaced
    VALUES (pg_current_xact_id(), old.username, old.month_day);
    RETURN NULL;
END
$$;
CREATE TRIGGER note_replaced AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION note_replaced();
CREATE TABLE stamped (writer xid8);
CREATE FUNCTION note_stamped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stamped VALUES (pg_current_xact_id());
    RETURN NULL;
END
$$;
CREATE TRIGGER note_stamped AFTER UPDATE ON birthday_list_stamps
FOR EACH ROW EXECUTE FUNCTION note_stamped();
"""
FORGET = """
DROP TRIGGER note_replaced ON people; DROP FUNCTION note_replaced; DROP TABLE replaced;
DROP TRIGGER note_stamped ON birthday_list_stamps; DROP FUNCTION note_stamped; DROP TABLE stamped;
"""


@pytest.fixture
async def connect(own_database: Database) -> AsyncIterator[Connect]:
    async with AsyncExitStack() as stack:

        async def connect() -> asyncpg.Connection:
            connection = await asyncpg.connect(own_database.dsn)
            stack.push_async_callback(connection.close)
            return connection

        yield connect


@pytest.fixture(params=[16, 18], ids=["in two steps", "returning old"])
async def statement(connect: Connect, request: pytest.FixtureRequest) -> str:
    """Use on a server each statement that it has."""
    connection = await connect()
    if request.param > connection.get_server_version().major:
        pytest.skip(f"needs PostgreSQL {RETURNS_OLD}")
    return save_with_event(request.param)


async def save(connection: asyncpg.Connection, statement: str, births: Mapping[str, date]) -> bool:
    """Return whether the stamp of the lists has changed."""
    before = await connection.fetchval(STAMP)
    await connection.execute(statement, *people_in_order(births), LISTS, None)
    return bool(before != await connection.fetchval(STAMP))


@pytest.mark.parametrize(
    ("before", "meanwhile", "concerned"),
    [
        pytest.param(OTHER, [(UPDATE, LISTED)], True, id="came into the list"),
        pytest.param(LISTED, [(UPDATE, OTHER)], False, id="left the list, for which the other answers"),
        pytest.param(None, [(INSERT, LISTED)], True, id="appeared in the list"),
        pytest.param(None, [(INSERT, OTHER)], False, id="appeared elsewhere"),
        pytest.param(LISTED, [(DELETE, None)], False, id="was removed"),
        pytest.param(OTHER, [(DELETE, None), (INSERT, LISTED)], True, id="was removed, came into the list"),
        pytest.param(LISTED, [(DELETE, None), (INSERT, OTHER)], False, id="was removed, came elsewhere"),
    ],
)
async def test_save_that_waited_compares_with_the_row_it_replaces(
    connect: Connect,
    statement: str,
    before: date | None,
    meanwhile: list[tuple[str, date | None]],
    concerned: bool,  # noqa: FBT001
) -> None:
    john, first, second, observer = a_name(), await connect(), await connect(), await connect()
    if before:
        await first.execute(INSERT, john, before)
    async with first.transaction():
        for change, born in meanwhile:
            await first.execute(change, john, *filter(None, [born]))
        saving = asyncio.create_task(save(second, statement, {john: SAVED}))
        await until_blocked(observer, second)
    assert await saving == concerned
    assert await first.fetchval("SELECT date_of_birth FROM people WHERE username = $1", john) == SAVED


async def test_save_ignores_changes_rolled_back_while_it_waited(connect: Connect, statement: str) -> None:
    john, first, second, observer = a_name(), await connect(), await connect(), await connect()
    await first.execute(INSERT, john, OTHER)
    rolled_back = first.transaction()
    await rolled_back.start()
    await first.execute(UPDATE, john, LISTED)
    saving = asyncio.create_task(save(second, statement, {john: SAVED}))
    await until_blocked(observer, second)
    await rolled_back.rollback()
    assert not await saving


async def until_blocked(observer: asyncpg.Connection, waiting: asyncpg.Connection) -> None:
    while not await observer.fetchval("SELECT pg_blocking_pids($1) <> '{}'", waiting.get_server_pid()):
        await asyncio.sleep(0)


async def test_many_writers_of_the_same_names_stamp_exactly_the_lists_they_change(
    connect: Connect, statement: str
) -> None:
    """A trigger knows as well. Names are shared, removed and new, so rows appear under a running save."""
    names = sorted(a_name() for _ in range(NAMES))
    observer = await connect()
    await observer.execute(REPLACED)
    try:
        chances = map(Random, range(WRITERS))
        writers = [writes(await connect(), statement, names, chance) for chance in chances]
        found = await asyncio.gather(*writers, removes(await connect(), names))
        rows = await observer.fetch("SELECT writer::text, old_day FROM replaced")
        stamped = {row[0] for row in await observer.fetch("SELECT writer::text FROM stamped")}
    finally:
        await observer.execute(FORGET)
    left = {row["writer"] for row in rows if row["old_day"] in LISTS}
    for writer, births in (save for saves in found for save in saves):
        assert (writer in stamped) == (writer in left or any(map(is_listed, births.values())))
    assert len(rows) > SAVES
    assert left - stamped == set()


def is_listed(born: date) -> bool:
    return 100 * born.month + born.day in LISTS


Save = tuple[str, Mapping[str, date]]


async def writes(
    connection: asyncpg.Connection, statement: str, names: list[str], chance: Random
) -> list[Save]:
    """Return the transaction and the births of each save."""
    done: list[Save] = []
    for _ in range(SAVES):
        births = {name: chance.choice(DATES) for name in chance.sample(names, chance.randint(1, 5))}
        async with connection.transaction():
            await connection.execute(statement, *people_in_order(births), LISTS, None)
            writer = await connection.fetchval("SELECT pg_current_xact_id()::text")
        done.append((writer, births))
    return done


async def removes(connection: asyncpg.Connection, names: list[str]) -> list[Save]:
    for number in range(2 * SAVES):
        await connection.execute(DELETE, names[number % len(names)])
    return []


async def test_the_server_gets_the_statement_of_its_version(
    engine: AsyncEngine, unit_of_work: PostgresUnitOfWork, queries: list[str], connect: Connect
) -> None:
    """Both ways to save: a batch of `/hello`, and an import."""
    returns_old = (await connect()).get_server_version().major >= RETURNS_OLD
    async with open_person_lookup(engine, lambda: LISTS, Bounds()) as lookup, engine.connect() as observer:
        await lookup.save(a_name(), SAVED)
        [query] = (await observer.exec_driver_sql(SENT)).scalars()
    assert ("old.month_day" in query) == returns_old
    async with unit_of_work.begin() as tx:
        await tx.people.save({a_name(): SAVED}, LISTS)
    assert ("old.month_day" in queries[-1]) == returns_old
