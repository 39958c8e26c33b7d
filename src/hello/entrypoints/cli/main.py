"""The command `hello`: commands that run the service, and commands that ask a running one."""

from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

from hello.entrypoints.cli.client.output import ClientError, accept_any_text, print_error

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from typer._click import Command, Context

HELP = """Hello knows whose birthday it is, says hello, and lets you send a gift.

Try it on this machine, with nothing else installed:  [bold]hello run[/bold]
In production, run the parts beside your own PostgreSQL and Redis, found by DATABASE_URL and REDIS_URL:
[bold]hello migrate[/bold], then [bold]hello api[/bold] and [bold]hello worker[/bold], one or more of each.
Every setting is described in .env.example.
"""
COMMANDS = {
    "hello.entrypoints.cli.service": (
        *("run", "api", "worker", "migrate", "import", "export", "seed"),
        *("create-admin", "delete-account", "signing-key", "dead-letters", "search", "release"),
        *("check", "openapi", "migration", "destroy"),
    ),
    "hello.entrypoints.cli.client.commands": ("greet", "birthdays", "orders"),
}
"""The commands of each module, which is imported only for them: the service takes most of a second."""


class HelloGroup(TyperGroup):
    def list_commands(self, ctx: "Context") -> list[str]:  # noqa: ARG002  # the signature of Typer
        return [name for names in COMMANDS.values() for name in names]

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        """Import the command's module, or all modules for an unknown name, to suggest a similar one."""
        if cmd_name not in self.commands:
            modules = [module for module, names in COMMANDS.items() if cmd_name in names]
            for module in modules or COMMANDS:
                self.commands.update(commands_of(module))
        return super().get_command(ctx, cmd_name)


def commands_of(module: str) -> "MutableMapping[str, Command]":
    cli = typer.Typer(rich_markup_mode="rich")
    import_module(module).add_to(cli)
    return typer.main.get_group(cli).commands


def create_cli() -> typer.Typer:
    cli = typer.Typer(
        cls=HelloGroup,
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    cli.callback()(lambda: None)
    return cli


def main() -> None:
    """Run the command line; a known error is one line, not a traceback."""
    accept_any_text()
    try:
        create_cli()()
    except Exception as error:
        explanation = explanation_of(error)
        if explanation is None:
            raise
        print_error(explanation)
        raise SystemExit(1) from None


def explanation_of(error: Exception) -> str | None:
    """Return what to tell a person about a known error."""
    if isinstance(error, ClientError):
        return str(error)
    from hello.entrypoints.cli import service  # noqa: PLC0415  # slow to import

    return service.explanation_of(error)
