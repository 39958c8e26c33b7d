"""How Alembic reaches the database: by the settings, one migrating process at a time."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from alembic import context
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.util.exc import CommandError
from sqlalchemy import Connection, TextClause, text

from hello.connectors.postgres.engine import Database, milliseconds, open_engine
from hello.connectors.postgres.errors import business_errors
from hello.connectors.postgres.migrate import LOCK, wait_for_migrations
from hello.connectors.postgres.schema import NewerSchemaError, check_server
from hello.core.settings import Settings, SettingsError, read_settings
from hello.entities.base import Base
from hello.entities.errors import HelloError, UnavailableError

UNSUPPORTED = {
    "downgrade": "migrations go forward only: undo a change with the next migration",
    "merge": "migrations have no branches: give the later one the next number",
}


def number(
    _: MigrationContext, __: str | Iterable[str | None] | None, scripts: list[MigrationScript]
) -> None:
    """Give the new revision the next number, so that a schema older than the code can be told."""
    scripts[0].rev_id = f"{int(context.script.get_current_head() or 0) + 1:04}"


def command_name() -> str:
    """Return which `alembic` command runs; empty when Alembic is called as a library."""
    function, *_ = getattr(context.config.cmd_opts, "cmd", [None])
    return getattr(function, "__name__", "")


def needs_server() -> bool:
    """Say whether the command asks the database: most of those that read or write scripts do not."""
    options, command = context.config.cmd_opts, command_name()
    if command == "revision":
        return bool(options and options.autogenerate)
    if command == "history":
        return bool(options and (options.indicate_current or "current" in (options.rev_range or "")))
    return True


def is_hello() -> bool:
    """Say whether `hello migrate` calls; the plain `alembic` command reports what it does not know."""
    return "database" in context.config.attributes


def refuse_unsupported() -> None:
    if reason := UNSUPPORTED.get(command_name()):
        raise CommandError(reason)
    if getattr(context.config.cmd_opts, "rev_id", None):
        raise CommandError("--rev-id is not supported: a new revision gets the next number")


def run_without_server() -> None:
    context.configure(dialect_name="postgresql", as_sql=True, process_revision_directives=number)
    context.run_migrations()


def write_sql(lock_timeout_s: float) -> None:
    """Print what `psql` can run, with the same locks as `migrate`; nothing is read from a database."""
    context.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},
        literal_binds=True,
        target_metadata=Base.metadata,
    )
    with context.begin_transaction():
        context.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
        context.execute(patience(lock_timeout_s))
        context.run_migrations()


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
    current, newest = context.get_context().get_current_revision(), context.script.get_current_head()
    if is_hello() and current and newest and current > newest:
        raise NewerSchemaError
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
    refuse_unsupported()
    settings = read_settings()
    if not needs_server():
        run_without_server()
    elif context.is_offline_mode():
        write_sql(settings.migration_lock_timeout_s)
    else:
        name = "hello-migrate"
        given = context.config.attributes.get("database") or Database.direct(settings, name)
        asyncio.run(main(given or Database.of(settings, name), settings))


@contextmanager
def clear_line() -> Iterator[None]:
    """Let the plain `alembic` command say in a line what is wrong with the settings or the database."""
    try:
        with business_errors():
            yield
    except (HelloError, SettingsError) as error:
        if not command_name():
            raise
        explanation = error.explanation if isinstance(error, UnavailableError) else error
        raise CommandError(str(explanation)) from error


with clear_line():
    start()
