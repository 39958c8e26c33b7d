"""The command `hello`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hello.core.settings import Settings
from hello.entities.errors import UnavailableError
from hello.interface.cli_accounts import add_accounts
from hello.interface.cli_commands import Commands, Listen, port_number
from hello.interface.cli_events import add_events
from hello.interface.cli_people import add_people
from hello.interface.cli_worker import add_worker

HELP = """Hello knows whose birthday it is, says hello, and lets you send a gift.

Try it on this machine, with nothing else installed:  [bold]hello run[/bold]
In production, run the parts beside your own PostgreSQL and Redis, found by DATABASE_URL and REDIS_URL:
[bold]hello migrate[/bold], then [bold]hello api[/bold] and [bold]hello worker[/bold], one or more of each.
Every setting is described in .env.example.
"""


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
Reload = Annotated[bool, typer.Option("--reload", help="Start anew when the source changes.")]
Workers = Annotated[int, typer.Option(help="Processes that serve.", min=1, max=64)]


def create_cli(commands: Commands) -> typer.Typer:
    cli = typer.Typer(
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode="rich",
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    add_run(cli, commands)
    add_api(cli, commands)
    add_worker(cli, commands)
    add_migrate(cli, commands)
    add_people(cli, commands)
    add_accounts(cli, commands)
    add_events(cli, commands)
    add_care(cli, commands)
    return cli


def add_run(cli: typer.Typer, commands: Commands) -> None:
    @cli.command()
    def run(
        host: Host = "127.0.0.1",
        port: Port = 8000,
        data_dir: DataDir = Path(".data"),
        workers: Workers = 1,
        reload: Reload = False,
    ) -> None:
        """Run everything on this machine: PostgreSQL, Valkey, migrations and the API. Ctrl-C stops it all."""
        listen = Listen(host=host, port=port, workers=workers, reload=reload)
        commands.run(commands.settings(), listen, data_dir)


def add_api(cli: typer.Typer, commands: Commands) -> None:
    @cli.command()
    def api(
        host: Host = "127.0.0.1",
        port: Port = 8000,
        workers: Workers = 1,
        reload: Reload = False,
        fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    ) -> None:
        """Serve the API, beside the PostgreSQL of DATABASE_URL and the Redis of REDIS_URL."""
        listen = Listen(host=host, port=port, workers=workers, reload=reload, descriptor=fd)
        commands.serve(commands.settings(), listen)


def add_migrate(cli: typer.Typer, commands: Commands) -> None:
    @cli.command()
    def migrate(
        check: Annotated[
            bool, typer.Option("--check", help="Only say whether something is missing.")
        ] = False,
        data_dir: Annotated[Path | None, typer.Option(help="Use the embedded PostgreSQL in here.")] = None,
    ) -> None:
        """Bring the database to the newest schema; any number of replicas may do so at once."""
        if data_dir is None:
            migrate_at(commands, commands.settings(), check=check)
            return
        with commands.embedded_settings(data_dir) as settings:
            migrate_at(commands, settings, check=check)


def migrate_at(commands: Commands, settings: Settings, *, check: bool) -> None:
    if not check:
        commands.migrate(settings)
    elif missing := commands.drift(settings):
        raise UnavailableError(missing)
    typer.echo("The schema is up to date.")


def add_care(cli: typer.Typer, commands: Commands) -> None:
    @cli.command()
    def check() -> None:
        """Check the settings, without connecting to anything."""
        commands.settings()
        typer.echo("The settings are complete.")

    @cli.command(hidden=True)
    def openapi() -> None:
        """Print the document of `/openapi.json`."""
        typer.echo(json.dumps(commands.api_description(commands.settings()), indent=2))

    @cli.command(hidden=True)
    def migration(message: str, data_dir: DataDir = Path(".data")) -> None:
        """Write a migration from the change of the entities, with a PostgreSQL of its own for comparison."""
        scratch = data_dir / "migration"
        with commands.embedded_settings(scratch) as settings:
            commands.migrate(settings)
            commands.write_migration(settings, message)
        commands.destroy(scratch)

    @cli.command()
    def destroy(data_dir: DataDir = Path(".data")) -> None:
        """Remove the data that `hello run` keeps; nothing is asked."""
        commands.destroy(data_dir)
        typer.echo(f"Removed {data_dir}.")


def run_cli(commands: Commands) -> None:
    """Run the command line; a known error is a line, not a traceback."""
    try:
        create_cli(commands)()
    except commands.errors as error:
        explanation = error.explanation if isinstance(error, UnavailableError) else error
        typer.secho(f"hello: {explanation}", fg="red", err=True)
        raise SystemExit(1) from None
