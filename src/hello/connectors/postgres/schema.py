"""Which schema the code needs, and whether the database has it."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import hello
from hello.connectors.postgres.errors import business_errors
from hello.connectors.postgres.write_faults import WriteFaults
from hello.entities.errors import UnavailableError

MIN_SERVER_VERSION = 16_00_00
"""PostgreSQL: the tests run on 16, 17 and 18."""


def migrations_folder() -> Path:
    """Return where the migrations lie: inside of an installed package, beside `src` in a checkout."""
    package = Path(hello.__file__).parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"


def newest_revision(folder: Path) -> str:
    """Return the revision the code was written for; revisions are numbers that grow: `0001`, `0002`."""
    return max(file.name.split("_")[0] for file in (folder / "versions").glob("[0-9]*.py"))


class NewerSchemaError(Exception):
    """A later release has migrated the database: this one has nothing to do, and runs on it."""


def check_server(version: int) -> None:
    """Raise `UnavailableError` for what is too old: `version` is that of `SHOW server_version_num`."""
    if version < MIN_SERVER_VERSION:
        needed, current = MIN_SERVER_VERSION // 10_000, version // 10_000
        raise UnavailableError(f"PostgreSQL {needed} or newer is needed, this is {current}")


PROBE = text("SELECT max(version_num), current_setting('transaction_read_only') FROM alembic_version")


@dataclass(frozen=True, slots=True)
class SchemaProbe:
    """Up when the database answers, takes writes, and its schema is at least as new as the code."""

    engine: AsyncEngine
    needed: str
    writes: WriteFaults = field(default_factory=WriteFaults)
    name: str = "database"
    required: bool = True

    async def check(self) -> None:
        with business_errors():
            async with self.engine.connect() as connection:
                current, read_only = (await connection.execute(PROBE)).one()
        if read_only == "on":
            raise UnavailableError("the database is read-only: a standby, or a server that protects its disk")
        await self.writes.check(self.engine)
        if current is None or current < self.needed:
            raise UnavailableError(
                f"the schema is at {current}, the code needs {self.needed}: run `hello migrate`"
            )
