"""`hello greet` and `hello birthdays`: who celebrates."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Annotated, Any

import typer
from rich.text import Text

from hello.entrypoints.cli.client.api import LOCAL, Json, Service, Url, open_service, path_part
from hello.entrypoints.cli.client.login import Email, Token, open_optional
from hello.entrypoints.cli.client.output import print_data, print_json, print_message, printable

PAGE = 100
MAX_PAGES = 10
LISTS = "/api/v1/birthdays"

Zone = Annotated[
    str, typer.Option("--tz", metavar="ZONE", help="Time zone whose day is today, such as Europe/Paris.")
]
Days = Annotated[int, typer.Option(min=1, max=366, help="How many days from tomorrow on.")]
All = Annotated[bool, typer.Option("--all", help=f"List also what follows the first {PAGE * MAX_PAGES}.")]


def birthdays_cli() -> typer.Typer:
    birthdays = typer.Typer(no_args_is_help=True, help="List who celebrates.")
    birthdays.command()(today)
    birthdays.command()(upcoming)
    return birthdays


def greet(name: str, tz: Zone = "", url: Url = LOCAL, as_json: Json = False) -> None:
    """Say hello to a person, or happy birthday."""
    with open_service(url) as service:
        greeting = service.get(f"/hello/{path_part(name)}", in_zone(tz))
    if as_json:
        print_json(greeting)
    else:
        print_data(greeting_text(greeting["message"]))


def today(  # noqa: PLR0913, PLR0917  # one parameter for each option
    tz: Zone = "",
    everyone: All = False,
    token: Token = "",
    email: Email = "",
    url: Url = LOCAL,
    as_json: Json = False,
) -> None:
    """List who celebrates today."""
    with open_optional(url, token, email) as service:
        show(pages(service, "today", in_zone(tz)), everyone=everyone, as_json=as_json)


def upcoming(  # noqa: PLR0913, PLR0917
    days: Days = 7,
    tz: Zone = "",
    everyone: All = False,
    token: Token = "",
    email: Email = "",
    url: Url = LOCAL,
    as_json: Json = False,
) -> None:
    """List who celebrates in the next days, soonest first."""
    with open_optional(url, token, email) as service:
        query = {"days": days} | in_zone(tz)
        show(pages(service, "upcoming", query), everyone=everyone, as_json=as_json)


def in_zone(tz: str) -> dict[str, str | int]:
    return {"tz": tz} if tz else {}


def pages(service: Service, name: str, query: dict[str, str | int]) -> Iterator[dict[str, Any]]:
    """Read page after page; the first one is there even if it is empty."""
    page = service.get(f"{LISTS}/{name}", query | {"limit": PAGE})
    yield page
    while cursor := page["next_cursor"]:
        page = service.get(f"{LISTS}/{name}", query | {"limit": PAGE, "cursor": cursor})
        yield page


def show(found: Iterator[dict[str, Any]], *, everyone: bool, as_json: bool) -> None:
    """Print people as their pages arrive; JSON as one page with all of them."""
    found = islice(found, None if everyone else MAX_PAGES)
    if as_json:
        first, *others = found
        for page in others:
            first["people"] += page["people"]
            first["next_cursor"] = page["next_cursor"]
        print_json(first)
        page = first
    else:
        page = print_pages(found)
    if page["next_cursor"]:
        print_message("more follow: --all lists them")


def print_pages(found: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Return the last page."""
    count, page = 0, {}
    for page in found:
        for person in page["people"]:
            print_data(person_text(person, page["date"]))
        count += len(page["people"])
    if not count:
        print_message("no birthdays")
    return page


def greeting_text(message: str) -> Text:
    return Text(printable(message), "bold magenta" if "Happy birthday" in message else "green")


def person_text(person: dict[str, Any], today: str) -> Text:
    """Return a line that ends with the name, which may be long."""
    day = date.fromisoformat(person.get("date", today))
    return Text.assemble(
        f"{day:%a %Y-%m-%d}  ",
        (f"{when(person.get('in_days', 0)):<11}  ", "cyan"),
        f"turns {person['turns']:>3}  ",
        (printable(person["username"]), "bold"),
    )


def when(in_days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(in_days, f"in {in_days} days")
