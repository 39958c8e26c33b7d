"""`hello birthdays`: who celebrates today, and in the next days."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Annotated, Any, TypeAlias

import typer
from rich.text import Text

from hello.entrypoints.cli.client.api import LOCAL, Json, Service, Url
from hello.entrypoints.cli.client.login import Email, Token, open_service_as
from hello.entrypoints.cli.client.output import print_data, print_json, print_message, printable

PAGE = 100
MAX_PAGES = 10
LISTS = "/api/v1/birthdays"
Page: TypeAlias = dict[str, Any]

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


def today(  # noqa: PLR0913, PLR0917  # one parameter for each option
    tz: Zone = "",
    everyone: All = False,
    token: Token = "",
    email: Email = "",
    url: Url = LOCAL,
    as_json: Json = False,
) -> None:
    """List who celebrates today."""
    with open_service_as(url, token, email) as service:
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
    with open_service_as(url, token, email) as service:
        query = {"days": days} | in_zone(tz)
        show(pages(service, "upcoming", query), everyone=everyone, as_json=as_json)


def in_zone(tz: str) -> dict[str, str | int]:
    return {"tz": tz} if tz else {}


def pages(service: Service, name: str, query: dict[str, str | int]) -> Iterator[Page]:
    """Read page after page; the first one is there even if it is empty."""
    query |= {"limit": PAGE}
    while True:
        page = service.get(f"{LISTS}/{name}", query, "date", "people", "next_cursor")
        yield page
        if not page["next_cursor"]:
            return
        query |= {"cursor": page["next_cursor"]}


def show(found: Iterator[Page], *, everyone: bool, as_json: bool) -> None:
    """Print people as their pages arrive, or the pages as one at the end."""
    found = islice(found, None if everyone else MAX_PAGES)
    page = print_joined(found) if as_json else print_people(found)
    if page["next_cursor"]:
        print_message("more follow: --all lists them")


def print_joined(found: Iterator[Page]) -> Page:
    """Print one page as JSON, with the people of all; return it."""
    page = next(found)
    for following in found:
        page["people"] += following["people"]
        page["next_cursor"] = following["next_cursor"]
    print_json(page)
    return page


def print_people(found: Iterator[Page]) -> Page:
    """Print a line for each person; return the last page."""
    page, is_empty = {}, True
    for page in found:
        for person in page["people"]:
            print_data(person_text(person, page["date"]))
        is_empty = is_empty and not page["people"]
    if is_empty:
        print_message("no birthdays")
    return page


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
