"""The database that a command uses, and its schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hello.connectors.embedded.servers import Servers, embedded_servers
from hello.connectors.postgres.engine import Database
from hello.core.logs import set_up_logs
from hello.core.settings import Settings, read_settings
from hello.entrypoints.children import is_configured, read_connections


@contextmanager
def embedded_settings(data_dir: Path) -> Iterator[Settings]:
    """Start PostgreSQL and Valkey in the directory; yield settings that point at them."""
    with embedded_servers(data_dir) as servers:
        yield settings_of(servers)


def settings_of(servers: Servers) -> Settings:
    return read_settings(database_url=servers.database_url, redis_url=servers.redis_url)


@contextmanager
def settings_near(data_dir: Path) -> Iterator[Settings]:
    """Yield settings for the configured database, or else for that of `hello run` in the directory."""
    running = read_connections(data_dir)
    if running or is_configured():
        yield read_settings(**running)
    else:
        with embedded_settings(data_dir) as settings:
            migrate(settings)
            yield settings


def migrate(settings: Settings) -> None:
    """Migrate the database to the newest schema."""
    from hello.connectors.postgres.migrate import migrate  # noqa: PLC0415  # Alembic is slow to import

    set_up_logs(settings.log_format, settings.log_level)
    migrate(migrated_database(settings))


def drift(settings: Settings) -> str | None:
    """Return how the entities differ from the migrated database, None if they agree."""
    from hello.connectors.postgres.migrate import drift  # noqa: PLC0415

    return drift(migrated_database(settings))


def write_migration(settings: Settings, message: str) -> None:
    """Write a migration for the difference between the entities and the database."""
    from hello.connectors.postgres.migrate import write_migration  # noqa: PLC0415

    write_migration(migrated_database(settings), message)


def migrated_database(settings: Settings) -> Database:
    """Prefer a direct connection; a transaction pooler works as well."""
    name = "hello-migrate"
    return Database.direct(settings, name) or Database.of(settings, name)
