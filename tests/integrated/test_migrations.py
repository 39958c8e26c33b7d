"""Migrations: one at a time, forward only, and in step with the entities."""

import asyncio
import os
import re
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.migrate import alembic_config, drift
from hello.connectors.postgres.schema import migrations_folder, newest_revision
from tests.builders import a_name
from tests.servers import create_database, sibling

pytestmark = pytest.mark.integrated


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
