"""Migrations: one at a time, forward only, and in step with the entities."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hello.connectors.embedded.postgres import WHEEL
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.migrate import alembic_config, drift, migrate, wait_for_migrations
from hello.connectors.postgres.schema import migrations_folder, newest_revision
from hello.entities.errors import UnavailableError
from tests.support.builders import a_name
from tests.support.servers import create_database, sibling

pytestmark = pytest.mark.integrated
SOON_S = 10


def test_the_entities_and_the_migrated_database_agree(database: Database) -> None:
    assert drift(database) is None


async def test_many_replicas_that_start_at_once_migrate_once(database: Database) -> None:
    name = f"hello_test_{a_name().lower()}"
    await create_database(database.dsn, name)
    fresh = sibling(database, name)
    environment = {**os.environ, "DATABASE_URL": fresh.dsn}
    replicas = [
        await asyncio.create_subprocess_exec(sys.executable, "-m", "hello", "migrate", env=environment)
        for _ in range(3)
    ]
    assert [await replica.wait() for replica in replicas] == [0, 0, 0]
    connection = await asyncpg.connect(fresh.dsn)
    versions = await connection.fetch("SELECT version_num FROM alembic_version")
    await connection.close()
    assert [row["version_num"] for row in versions] == [newest_revision(migrations_folder())]
    await drop_database(database.dsn, name)


async def test_migration_waits_for_another_one_and_says_who_it_is(
    database: Database, engine: AsyncEngine
) -> None:
    async with open_engine(replace(database, application_name="hello-other")) as others:
        with capture_logs() as logs:
            async with others.begin() as other, engine.begin() as mine:
                await other.run_sync(wait_for_migrations)
                pid = await other.scalar(text("SELECT pg_backend_pid()"))
                waiting = asyncio.create_task(mine.run_sync(wait_for_migrations))
                async with asyncio.timeout(SOON_S):
                    while not logs:
                        await asyncio.sleep(0.01)
                assert not waiting.done()
                await other.rollback()
                await asyncio.wait_for(waiting, SOON_S)
    [line] = logs
    assert line["event"] == "waiting for another migration, which holds the lock"
    assert (line["application_name"], line["pid"]) == ("hello-other", str(pid))


def test_database_without_the_newest_revision_is_unavailable_and_not_compared(fresh: Database) -> None:
    with pytest.raises(UnavailableError, match="not up to date"):
        drift(fresh)


async def test_difference_between_the_entities_and_the_database_is_named(fresh: Database) -> None:
    await asyncio.to_thread(migrate, fresh)
    connection = await asyncpg.connect(fresh.dsn)
    await connection.execute("ALTER TABLE items DROP COLUMN price_cents")
    await connection.close()
    assert "price_cents" in (await asyncio.to_thread(drift, fresh) or "")


async def test_release_that_is_rolled_back_leaves_a_newer_schema_as_it_is(fresh: Database) -> None:
    await asyncio.to_thread(migrate, fresh)
    before = schema_of(fresh.dsn)
    connection = await asyncpg.connect(fresh.dsn)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()
    with capture_logs() as logs:
        await asyncio.to_thread(migrate, fresh)
    assert [line["event"] for line in logs] == ["the schema is newer than this release, which runs on it"]
    assert await asyncio.to_thread(drift, fresh) is None
    assert schema_of(fresh.dsn) == before


async def drop_database(server: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(f"DROP DATABASE {name}")
    await connection.close()


def test_revisions_are_one_line_of_growing_numbers(database: Database) -> None:
    revisions = [
        script.revision for script in ScriptDirectory.from_config(alembic_config(database)).walk_revisions()
    ]
    assert revisions == [f"{number:04}" for number in range(len(revisions), 0, -1)]
    assert newest_revision(migrations_folder()) == revisions[0]


@pytest.mark.parametrize(
    "file", sorted((migrations_folder() / "versions").glob("*.py")), ids=lambda file: file.stem
)
def test_migrations_go_forward_only(file: Path) -> None:
    assert not re.search(r"def downgrade", file.read_text())


ALEMBIC = Path(sys.executable).with_name("alembic")
NO_SERVER = "postgresql://hello:hello@127.0.0.1:1/hello"


def alembic(folder: Path, *arguments: str, dsn: str = NO_SERVER) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATABASE_URL": dsn}
    command: list[str | Path] = [ALEMBIC, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    [line] = (result.stdout + result.stderr).strip().splitlines()
    return line


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy what `alembic` needs, as it writes new revisions beside the old ones."""
    root = migrations_folder().parent
    shutil.copytree(root / "migrations", tmp_path / "migrations")
    shutil.copy(root / "alembic.ini", tmp_path)
    return tmp_path


@pytest.fixture
async def fresh(database: Database) -> AsyncIterator[Database]:
    name = f"hello_test_{a_name().lower()}"
    await create_database(database.dsn, name)
    yield sibling(database, name)
    await drop_database(database.dsn, name)


def new_revisions(checkout: Path) -> list[str]:
    found = {file.name for file in (checkout / "migrations/versions").glob("*.py")}
    return sorted(found - {file.name for file in (migrations_folder() / "versions").glob("*.py")})


def test_alembic_numbers_new_revisions_without_a_server(checkout: Path) -> None:
    following = int(newest_revision(migrations_folder())) + 1
    for message in ("add x", "add y"):
        assert alembic(checkout, "revision", "-m", message).returncode == 0
    assert new_revisions(checkout) == [f"{following:04}_add_x.py", f"{following + 1:04}_add_y.py"]
    assert alembic(checkout, "heads").stdout == f"{following + 1:04} (head)\n"
    assert f"{following:04} -> {following + 1:04} (head), add y." in alembic(checkout, "history").stdout


def test_alembic_numbers_an_autogenerated_revision(checkout: Path, database: Database) -> None:
    done = alembic(checkout, "revision", "--autogenerate", "-m", "add z", dsn=database.dsn)
    assert done.returncode == 0, done.stderr
    assert new_revisions(checkout) == [f"{int(newest_revision(migrations_folder())) + 1:04}_add_z.py"]


@pytest.mark.parametrize("arguments", [["-1"], ["base"], ["0010:0009", "--sql"]])
def test_downgrade_is_refused_in_one_line(checkout: Path, arguments: list[str]) -> None:
    refused = alembic(checkout, "downgrade", *arguments)
    assert refused.returncode != 0
    assert one_line(refused).startswith("FAILED: migrations go forward only: ")


def test_a_revision_id_of_choice_is_refused_in_one_line(checkout: Path) -> None:
    refused = alembic(checkout, "revision", "--rev-id", "X", "-m", "add x")
    assert refused.returncode != 0
    assert one_line(refused).startswith("FAILED: --rev-id is not supported: ")
    assert new_revisions(checkout) == []


def test_merge_is_refused_in_one_line(checkout: Path) -> None:
    refused = alembic(checkout, "merge", "heads")
    assert refused.returncode != 0
    assert one_line(refused).startswith("FAILED: migrations have no branches: ")
    assert new_revisions(checkout) == []


@pytest.mark.parametrize("command", ["current", "check", "upgrade head", "history -i"])
def test_alembic_says_in_one_line_that_the_server_is_unavailable(checkout: Path, command: str) -> None:
    failed = alembic(checkout, *command.split())
    assert failed.returncode != 0
    assert one_line(failed).startswith("FAILED: the database cannot be reached")


async def test_sql_written_offline_makes_the_same_schema_as_online(
    checkout: Path, database: Database, fresh: Database
) -> None:
    written = alembic(checkout, "upgrade", "head", "--sql")
    assert written.returncode == 0, written.stderr
    psql(fresh.dsn, written.stdout)
    assert schema_of(fresh.dsn) == schema_of(database.dsn)
    newest = newest_revision(migrations_folder())
    assert alembic(checkout, "current", dsn=fresh.dsn).stdout == f"{newest} (head)\n"
    assert alembic(checkout, "check", dsn=fresh.dsn).returncode == 0


async def test_sql_of_a_range_continues_an_older_schema(
    checkout: Path, database: Database, fresh: Database
) -> None:
    assert alembic(checkout, "upgrade", "0008", dsn=fresh.dsn).returncode == 0
    psql(fresh.dsn, alembic(checkout, "upgrade", "0008:head", "--sql").stdout)
    assert schema_of(fresh.dsn) == schema_of(database.dsn)


async def test_stamp_moves_the_revision_both_ways(checkout: Path, fresh: Database) -> None:
    for revision in ("0010", "0008"):
        assert alembic(checkout, "stamp", revision, dsn=fresh.dsn).returncode == 0
        assert alembic(checkout, "current", dsn=fresh.dsn).stdout.split()[0] == revision


def psql(dsn: str, statements: str) -> None:
    client: list[str | Path] = [
        WHEEL.find().with_name("psql"),
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "-f",
        "-",
        dsn,
    ]
    subprocess.run(client, input=statements, text=True, check=True, stdout=subprocess.DEVNULL)


def schema_of(dsn: str) -> list[str]:
    """Return the dump without what is random in it."""
    dump: list[str | Path] = [WHEEL.find().with_name("pg_dump"), "--schema-only", "--no-owner", dsn]
    lines = subprocess.run(dump, check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if not line.startswith(("\\restrict", "\\unrestrict"))]
