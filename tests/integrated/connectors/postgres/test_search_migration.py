"""The migration of search: on items that are there, while items change, and without the right to extend."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import asyncpg
import pytest
from alembic import command

from hello.connectors.embedded.postgres import WHEEL
from hello.connectors.postgres.batches import open_batches
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.item_index import item_index
from hello.connectors.postgres.migrate import alembic_config, drift, migrate
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.batching import Bounds
from hello.entities.errors import UnavailableError
from tests.support.builders import a_change, a_name, an_item
from tests.support.searching import SearchedItems
from tests.support.servers import create_database, sibling

pytestmark = pytest.mark.integrated
BEFORE = "0015"
WAITING = """
SELECT pid FROM pg_locks WHERE relation = 'items'::regclass AND mode = 'ShareRowExclusiveLock' AND NOT granted
"""
GRANTED = "SELECT mode FROM pg_locks WHERE relation = 'items'::regclass AND granted AND pid = $1"
PATIENCE_S = 20


async def run_sql(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def new_database(database: Database) -> AsyncIterator[Database]:
    name = f"hello_test_{a_name().lower()}"
    await create_database(database.dsn, name)
    yield sibling(database, name)
    await run_sql(database.dsn, f"DROP DATABASE {name}")


@pytest.fixture
async def empty(database: Database) -> AsyncIterator[Database]:
    async with new_database(database) as empty:
        yield empty


@pytest.fixture
async def older(empty: Database) -> Database:
    """A database of the release before search."""
    await asyncio.to_thread(command.upgrade, alembic_config(empty), BEFORE)
    return empty


@asynccontextmanager
async def open_items(database: Database) -> AsyncIterator[SearchedItems]:
    async with open_engine(database) as engine, open_batches(engine, Bounds(deadline_s=5), 2) as batches:
        items = SearchedItems(PostgresUnitOfWork.of(engine, 5).begin, item_index(batches))
        await items.register()
        yield items


async def test_items_written_before_are_found(older: Database) -> None:
    async with open_items(older) as items:
        await items.put("A yellow kite", "Flies in any wind.", 1500)
        await items.put_all("A purple kite", "東京の凧", "A 🪁")
        await asyncio.to_thread(migrate, older)
        assert await items.titles("wind") == ["A yellow kite"]
        assert await items.titles("purpel") == ["A purple kite"]
        assert await items.titles("凧") == ["東京の凧"]
        assert await items.titles("kite", min_price_cents=1500) == ["A yellow kite"]
        assert await items.suggest("yellow ki") == ["A yellow kite"]
    assert await asyncio.to_thread(drift, older) is None


async def test_items_that_change_during_the_migration_are_found(older: Database) -> None:
    """The writer has changed items when the others are indexed; only then the migration waits for it."""
    async with open_items(older) as items:
        kept, replaced, removed = await items.put_all("A yellow kite", "A purple kite", "A silver kite")
        changed = an_item(items.owner, "A golden drum", version=2)
        changed.id = replaced.id
        async with items.begin() as writer:
            await writer.items.add(an_item(items.owner, "A new kite"), a_change(kept.id))
            migration = asyncio.create_task(asyncio.to_thread(migrate, older))
            assert await locks_of_waiting_migration(older, migration) == ["AccessShareLock"]
            await writer.items.replace(changed, a_change(replaced.id))
            await writer.items.remove(removed.id, a_change(removed.id))
            await writer.items.add(an_item(items.owner, "A late kite"), a_change(kept.id))
        await migration
        assert set(await items.titles("kite")) == {"A yellow kite", "A new kite", "A late kite"}
        assert (await items.search("kite")).total == 3
        assert await items.titles("golden") == ["A golden drum"]
        assert await items.suggest("silver") == await items.suggest("purple") == []


async def locks_of_waiting_migration(database: Database, migration: asyncio.Task[None]) -> list[str]:
    """Return which locks on the items the migration has when it waits for writers."""
    connection = await asyncpg.connect(database.dsn)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (pid := await connection.fetchval(WAITING)):
                assert not migration.done(), "the migration waits for no writer"
                await asyncio.sleep(0.02)
        return [row["mode"] for row in await connection.fetch(GRANTED, pid)]
    finally:
        await connection.close()


@pytest.fixture
async def role(database: Database) -> AsyncIterator[str]:
    """A role that may log in, and nothing else."""
    name = f"hello_{a_name().lower()}"
    await run_sql(database.dsn, f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
    yield name
    await run_sql(database.dsn, f"DROP ROLE {name}")


def connected_as(role: str, database: Database) -> Database:
    dsn = urlsplit(database.dsn)
    place = dsn.netloc.rpartition("@")[2]
    return replace(database, dsn=dsn._replace(netloc=f"{role}:secret@{place}").geturl())


async def test_user_who_may_not_create_extensions_gets_a_clear_error(older: Database, role: str) -> None:
    """With the extensions that the error asks for, the same user migrates."""
    user = connected_as(role, older)
    name = urlsplit(older.dsn).path.removeprefix("/")
    granted = f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; GRANT ALL ON SCHEMA public TO {role}"
    owner = f"ALTER TABLE orders OWNER TO {role}"  # a later migration changes it
    await run_sql(older.dsn, granted, owner, f"REVOKE CREATE ON DATABASE {name} FROM PUBLIC")
    with pytest.raises(UnavailableError, match="run `CREATE EXTENSION pg_trgm` in this database"):
        await asyncio.to_thread(migrate, user)
    await run_sql(older.dsn, *(f"CREATE EXTENSION {one}" for one in ("pg_trgm", "unaccent", "fuzzystrmatch")))
    await asyncio.to_thread(migrate, user)
    async with open_items(older) as items:
        await items.put("A kite")
        assert await items.titles("kyte") == ["A kite"]
    await run_sql(older.dsn, f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP OWNED BY {role}")


async def test_owner_of_the_database_needs_no_more_rights(empty: Database, role: str) -> None:
    name = urlsplit(empty.dsn).path.removeprefix("/")
    await run_sql(empty.dsn, f"ALTER DATABASE {name} OWNER TO {role}")
    await asyncio.to_thread(migrate, connected_as(role, empty))
    async with open_items(connected_as(role, empty)) as items:
        await items.put("A kite")
        assert await items.titles("kyte") == ["A kite"]
    await run_sql(empty.dsn, f"ALTER DATABASE {name} OWNER TO CURRENT_USER")
    await run_sql(empty.dsn, f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP OWNED BY {role}")


async def test_restored_dump_is_searched_and_followed(database: Database, empty: Database) -> None:
    await asyncio.to_thread(migrate, empty)
    async with open_items(empty) as items, new_database(database) as copy:
        await items.put("A yellow kite", "Flies.")
        await asyncio.to_thread(restore, empty.dsn, copy.dsn)
        assert await asyncio.to_thread(drift, copy) is None
        async with open_items(copy) as restored:
            await restored.put("A yellow drum")
            assert sorted(await restored.titles("yelow", owner_id=None)) == ["A yellow drum", "A yellow kite"]
            assert sorted(await restored.suggest("yell")) == ["A yellow drum", "A yellow kite"]


def restore(old: str, new: str) -> None:
    """Copy everything with the tools of PostgreSQL, which may be newer than the server."""
    dump, load = (str(WHEEL.find().with_name(name)) for name in ("pg_dump", "psql"))
    written = subprocess.run([dump, old], check=True, capture_output=True, text=True).stdout
    statements = written.replace("SET transaction_timeout = 0;\n", "")
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    subprocess.run([load, *options, new], input=statements, text=True, check=True, stdout=subprocess.DEVNULL)
