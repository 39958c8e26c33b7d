"""The commands that ask a running service."""

import typer

from hello.entrypoints.cli.client.birthdays import birthdays_cli, greet
from hello.entrypoints.cli.client.orders import orders_cli

PANEL = "Ask a running service"


def add_to(cli: typer.Typer) -> None:
    cli.command(rich_help_panel=PANEL)(greet)
    cli.add_typer(birthdays_cli(), name="birthdays", rich_help_panel=PANEL)
    cli.add_typer(orders_cli(), name="orders", rich_help_panel=PANEL)
