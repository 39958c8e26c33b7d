"""How Alembic reaches the database: by the settings, one migrating process at a time."""

import asyncio
from collections.abc import Iterable

from alembic import context
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, TextClause, text

from hello.connectors.postgres.engine import Database, milliseconds, open_engine
from hello.connectors.postgres.migrate import wait_for_migrations
from hello.connectors.postgres.schema import check_server, migrations_folder, newest_revision
from hello.core.settings import Settings, read_settings
from hello.entities.announcements import Announcement
from hello.entities.audit import AuditEntry
from hello.entities.base import Base
from hello.entities.dead_events import DeadEvent
from hello.entities.events import OutboxRow
from hello.entities.gifts import GiftsReceived
from hello.entities.idempotency import IdempotencyKey
from hello.entities.inbox import InboxEntry
from hello.entities.items import Item
from hello.entities.orders import Order
from hello.entities.people import Person
from hello.entities.sessions import Session

ENTITIES = [
    Person,
    Session,
    Item,
    AuditEntry,
    OutboxRow,
    Announcement,
    Order,
    IdempotencyKey,
    InboxEntry,
    DeadEvent,
    GiftsReceived,
]


def number(
    _: MigrationContext, __: str | Iterable[str | None] | None, scripts: list[MigrationScript]
) -> None:
    """Give the new revision the next number, so that a schema older than the code can be told."""
    scripts[0].rev_id = f"{int(newest_revision(migrations_folder())) + 1:04}"


def migrate(connection: Connection, lock_timeout_s: float) -> None:
    """Wait for another migrating process as long as it takes, but for no lock on a table in use.

    All of it is one transaction, the lock included: a pooler would keep a lock of the session.
    """
    check_server(int(connection.execute(text("SHOW server_version_num")).scalar_one()))
    connection.execute(patience(lock_timeout_s))
    wait_for_migrations(connection)
    context.configure(
        connection=connection, target_metadata=Base.metadata, process_revision_directives=number
    )
    with context.begin_transaction():
        context.run_migrations()


def patience(lock_timeout_s: float) -> TextClause:
    values = {
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "lock_timeout": milliseconds(lock_timeout_s),
    }
    calls = [f"set_config('{name}', '{value}', true)" for name, value in values.items()]
    return text(f"SELECT {', '.join(calls)}")


async def main(database: Database, settings: Settings) -> None:
    async with open_engine(database) as engine, engine.begin() as connection:
        await connection.run_sync(migrate, settings.migration_lock_timeout_s)


def start() -> None:
    """Use the database handed over by `hello migrate`; the plain `alembic` command has only the settings."""
    settings = read_settings()
    name = "hello-migrate"
    given = context.config.attributes.get("database") or Database.direct(settings, name)
    asyncio.run(main(given or Database.of(settings, name), settings))


start()
