"""`hello orders watch`: an order on its way."""

import time
from datetime import datetime
from functools import partial
from random import SystemRandom
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.text import Text

from hello.entrypoints.cli.client.api import LOCAL, Json, RetryableError, Url
from hello.entrypoints.cli.client.login import Email, Token, open_with_account
from hello.entrypoints.cli.client.order_events import Change, connection, follow
from hello.entrypoints.cli.client.output import print_data, print_json, print_message, printable

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
    with open_with_account(url, token, email) as service:
        for change in follow(partial(connection, service, order_id), wait):
            show(change, as_json=as_json)
    if change.order["status"] == "CANCELLED":
        raise typer.Exit(CANCELLED_EXIT)


def wait(pause_s: float, error: RetryableError | None) -> None:
    """Wait up to half as long again, so that clients of a restarted service do not return all at once."""
    seconds = SystemRandom().uniform(pause_s, 1.5 * pause_s)
    if error:
        print_message(f"{error}; next try in {seconds:.0f} s")
    time.sleep(seconds)


def show(change: Change, *, as_json: bool) -> None:
    if as_json:
        print_json(change.order)
    else:
        print_data(change_text(change))


def change_text(change: Change) -> Text:
    """Return the local time, what happened, and what is ordered where that is new."""
    kind, order = change.type.removeprefix("order."), change.order
    at = datetime.fromisoformat(order["updated_at"]).astimezone()
    text = Text.assemble(f"{at:%Y-%m-%d %H:%M:%S}  ", (printable(kind), STYLES.get(kind, "")))
    return text.append(f": {contents(order)}") if kind in {"created", "updated"} else text


def contents(order: dict[str, Any]) -> str:
    lines = [
        f"{line['quantity']} {TIMES} {printable(line['title'])}" for line in order["lines"][:SHOWN_LINES]
    ]
    if (more := len(order["lines"]) - SHOWN_LINES) > 0:
        lines.append(f"{more} more")
    recipient = f" for {printable(order['recipient'])}" if order["recipient"] else ""
    return f"{', '.join(lines)}{recipient}, {order['total_cents'] / 100:,.2f}"
