"""The commands that ask a running service; `hello greet` itself."""

import typer
from rich.text import Text

from hello.entrypoints.cli.client.api import LOCAL, Json, Url, open_service, path_part
from hello.entrypoints.cli.client.birthdays import Zone, birthdays_cli, in_zone
from hello.entrypoints.cli.client.orders import orders_cli
from hello.entrypoints.cli.client.output import print_data, print_json, printable

PANEL = "Ask a running service"


def add_to(cli: typer.Typer) -> None:
    cli.command(rich_help_panel=PANEL)(greet)
    cli.add_typer(birthdays_cli(), name="birthdays", rich_help_panel=PANEL)
    cli.add_typer(orders_cli(), name="orders", rich_help_panel=PANEL)


def greet(name: str, tz: Zone = "", url: Url = LOCAL, as_json: Json = False) -> None:
    """Say hello to a person, or happy birthday."""
    with open_service(url) as service:
        greeting = service.get(f"/hello/{path_part(name)}", in_zone(tz), "message")
    if as_json:
        print_json(greeting)
    else:
        print_data(greeting_text(greeting["message"]))


def greeting_text(message: str) -> Text:
    return Text(printable(message), "bold magenta" if "Happy birthday" in message else "green")
