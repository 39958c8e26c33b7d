"""`hello orders watch`: an order on its way."""

import time
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.text import Text

from hello.entrypoints.cli.client.api import LOCAL, Json, LostError, Url
from hello.entrypoints.cli.client.login import Email, Token, open_required
from hello.entrypoints.cli.client.order_events import Change, connection, follow
from hello.entrypoints.cli.client.output import print_data, print_message, printable

CANCELLED_EXIT = 3
SHOWN_LINES = 3
TIMES = "\N{MULTIPLICATION SIGN}"
STYLES = {"created": "cyan", "updated": "cyan", "confirmed": "yellow", "shipped": "green", "cancelled": "red"}
OrderId = Annotated[UUID, typer.Argument(metavar="ID", help="The order's id.")]


def orders_cli() -> typer.Typer:
    orders = typer.Typer(no_args_is_help=True, help="Follow orders.")
    orders.command()(watch)
    return orders


def watch(
    order_id: OrderId, token: Token = "", email: Email = "", url: Url = LOCAL, as_json: Json = False
) -> None:
    """Print every change of an order as it happens, until it has ended.

    Exits with status 0 when the order is shipped, and with 3 when it is cancelled.
    """
    with open_required(url, token, email) as service:
        for change in follow(partial(connection, service, order_id), wait):
            if as_json:
                typer.echo(change.data)
            else:
                print_data(change_text(change))
    if change.order["status"] == "CANCELLED":
        raise typer.Exit(CANCELLED_EXIT)


def wait(seconds: float, lost: LostError | None) -> None:
    if lost:
        print_message(f"{lost}; next try in {seconds:.0f} s")
    time.sleep(seconds)


def change_text(change: Change) -> Text:
    """Return the local time, what happened, and what is ordered where that is new."""
    what, order = change.type.removeprefix("order."), change.order
    at = datetime.fromisoformat(order["updated_at"]).astimezone()
    summary = contents(order) if what in {"created", "updated"} else ""
    return Text.assemble(
        f"{at:%Y-%m-%d %H:%M:%S}  ", (f"{printable(what):<10}", STYLES.get(what, "")), summary
    )


def contents(order: dict[str, Any]) -> str:
    lines = [
        f"{line['quantity']} {TIMES} {printable(line['title'])}" for line in order["lines"][:SHOWN_LINES]
    ]
    if (more := len(order["lines"]) - SHOWN_LINES) > 0:
        lines.append(f"{more} more")
    recipient = f" for {printable(order['recipient'])}" if order["recipient"] else ""
    return f"{', '.join(lines)}{recipient}, {order['total_cents'] / 100:,.2f}"
