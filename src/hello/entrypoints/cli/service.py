"""The commands that run the service and work on its data."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hello.bootstrap.settings import checked_settings
from hello.connectors.embedded import servers as embedded
from hello.core.processes import ProcessError
from hello.core.settings import Settings, SettingsError
from hello.entities.errors import HelloError, UnavailableError
from hello.entrypoints import databases, processes
from hello.entrypoints.cli import accounts, dead_letters, people, release, search
from hello.entrypoints.cli.common import port_number
from hello.entrypoints.cli.seed import seed
from hello.entrypoints.cli.worker import worker
from hello.interface.listening import Listen, ListenError

ERRORS = SettingsError, ProcessError, HelloError, ListenError

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.", envvar="HOST")]
Port = Annotated[
    int,
    typer.Option(
        help="Port to listen on; 0 takes a free one.", envvar="PORT", parser=port_number, metavar="PORT"
    ),
]
DataDir = Annotated[
    Path, typer.Option(help="Where PostgreSQL and Valkey keep their data.", envvar="DATA_DIR")
]
Reload = Annotated[bool, typer.Option("--reload", help="Restart when the source changes.")]
Workers = Annotated[int, typer.Option(help="Number of API processes.", min=1, max=64)]


def add_to(cli: typer.Typer) -> None:
    for command in (run, api, worker, migrate):
        cli.command()(command)
    people.add_to(cli)
    cli.command()(seed)
    accounts.add_to(cli)
    dead_letters.add_to(cli)
    search.add_to(cli)
    release.add_to(cli)
    cli.command()(check)
    cli.command(hidden=True)(openapi)
    cli.command(hidden=True)(migration)
    cli.command()(destroy)


def run(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: DataDir = Path(".data"),
    workers: Workers = 1,
    reload: Reload = False,
) -> None:
    """Run everything on this machine: PostgreSQL, Valkey, migrations, API and worker. Ctrl-C stops it all."""
    listen = Listen(host=host, port=port, workers=workers, reload=reload)
    processes.run(checked_settings(), listen, data_dir)


def api(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = 1,
    reload: Reload = False,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve the API with the PostgreSQL of DATABASE_URL and the Redis of REDIS_URL."""
    listen = Listen(host=host, port=port, workers=workers, reload=reload, descriptor=fd)
    processes.serve(checked_settings(), listen)


def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Only report whether migrations are missing.")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="Use the embedded PostgreSQL in this directory.")
    ] = None,
) -> None:
    """Migrate the database to the newest schema; replicas may do so at the same time."""
    if data_dir is None:
        migrate_at(checked_settings(), check=check)
        return
    with databases.embedded_settings(data_dir) as settings:
        migrate_at(settings, check=check)


def migrate_at(settings: Settings, *, check: bool) -> None:
    if not check:
        databases.migrate(settings)
    elif missing := databases.drift(settings):
        raise UnavailableError(missing)
    typer.echo("The schema is up to date.")


def check() -> None:
    """Check the settings, without connecting to anything."""
    checked_settings()
    typer.echo("The settings are complete.")


def openapi() -> None:
    """Print the document of `/openapi.json`."""
    from hello.bootstrap.processes import api_description  # noqa: PLC0415  # slow to import

    typer.echo(json.dumps(api_description(checked_settings()), indent=2))


def migration(message: str, data_dir: DataDir = Path(".data")) -> None:
    """Write a migration for the difference between the entities and a new database."""
    scratch = data_dir / "migration"
    with databases.embedded_settings(scratch) as settings:
        databases.migrate(settings)
        databases.write_migration(settings, message)
    embedded.destroy(scratch)


def destroy(data_dir: DataDir = Path(".data")) -> None:
    """Delete the data of `hello run`, without asking for confirmation."""
    embedded.destroy(data_dir)
    typer.echo(f"Removed {data_dir}.")


def explanation_of(error: Exception) -> str | None:
    """Return what to tell a person about a known error."""
    if not isinstance(error, ERRORS):
        return None
    return str(error.explanation if isinstance(error, UnavailableError) else error)
