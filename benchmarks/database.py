"""The PostgreSQL that all servers share: the one of `hello run`, migrated and filled."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from benchmarks.commands import run
from benchmarks.names import distinct_names, people, write_names
from benchmarks.places import CACHE
from benchmarks.progress import say
from hello.connectors.embedded.servers import destroy, embedded_servers

MIGRATE_S = 60
SEED = 1990
TIDY = ("VACUUM (ANALYZE) people", "CHECKPOINT")


@dataclass(frozen=True, slots=True)
class Database:
    """The URLs hold passwords; `names` is a file of those who are in the table."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    names: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}

    def tidy(self) -> None:
        """Clear up after whoever wrote before, so that the next does not pay for it."""
        asyncio.run(execute(self.database_url, TIDY))

    def version(self) -> str:
        return str(asyncio.run(fetch(self.database_url, "SHOW server_version"))).split()[0]


@contextmanager
def open_database() -> Iterator[Database]:
    with empty_database(CACHE / "data") as database:
        say("filling the database")
        yield filled(database)


@contextmanager
def empty_database(data_dir: Path) -> Iterator[Database]:
    """Start anew each time, after a killed run too; raise `EmbeddedError` while another run is going on."""
    destroy(data_dir)
    try:
        with embedded_servers(data_dir) as servers:
            yield Database(servers.database_url, servers.redis_url, CACHE / "names.txt")
    finally:
        destroy(data_dir)


def filled(database: Database) -> Database:
    run(
        [sys.executable, "-m", "hello", "migrate"],
        timeout_s=MIGRATE_S,
        cwd=CACHE,
        environment={**os.environ, **database.environment},
    )
    chance = random.Random(SEED)  # noqa: S311  # keeps no secret, and is the same in each run
    names = distinct_names(chance)
    write_names(names, database.names)
    asyncio.run(copy_people(database.database_url, names, chance))
    return database


async def copy_people(url: str, names: list[str], chance: random.Random) -> None:
    columns = ["username", "date_of_birth"]
    async with connected(url) as connection:
        await connection.copy_records_to_table("people", columns=columns, records=people(names, chance))


async def execute(url: str, statements: tuple[str, ...]) -> None:
    async with connected(url) as connection:
        for statement in statements:
            await connection.execute(statement)


async def fetch(url: str, query: str) -> object:
    async with connected(url) as connection:
        return await connection.fetchval(query)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()
