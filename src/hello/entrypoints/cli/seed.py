"""`hello seed`: generated people and items, to try things with."""

import secrets
from typing import Annotated

import typer

from hello.entities.accounts import Role
from hello.entrypoints.cli.catalogue import catalogue
from hello.entrypoints.cli.common import HERE, DataDir, progress_bar, with_use_cases
from hello.entrypoints.cli.population import population
from hello.services.accounts import Register
from hello.services.security import Caller
from hello.services.use_cases import UseCases

PEOPLE = 10_000
MAX_PEOPLE, MAX_ITEMS = 100_000_000, 10_000_000
SAMPLE = 2026
"""The seed of the items: each catalogue begins with the same ones."""


def seed(
    people: Annotated[
        int | None, typer.Option(help=f"How many people; {PEOPLE} without --items.", min=1, max=MAX_PEOPLE)
    ] = None,
    items: Annotated[int | None, typer.Option(help="How many items.", min=1, max=MAX_ITEMS)] = None,
    data_dir: DataDir = HERE,
) -> None:
    """Save generated people, with birthdays all over the year, or items of an account made for them."""
    wanted = PEOPLE if people is None and items is None else people
    with_use_cases(data_dir, lambda use_cases: save_all(use_cases, wanted or 0, items or 0))
    if wanted:
        typer.echo(f"{wanted} people saved.")
    if items:
        typer.echo(f"{items} items saved.")


async def save_all(use_cases: UseCases, people: int, items: int) -> None:
    if people:
        await save_people(use_cases, people)
    if items:
        await save_items(use_cases, items)


async def save_people(use_cases: UseCases, count: int) -> None:
    with progress_bar(count, "people") as advance:
        for births in population(count, use_cases.people.today()):
            await use_cases.people.save_all(births)
            advance(len(births))


async def save_items(use_cases: UseCases, count: int) -> None:
    owner = await use_cases.accounts.register(
        Register(
            email=f"catalogue-{secrets.token_hex(4)}@example.com",
            password=secrets.token_urlsafe(32),
            full_name="Sample catalogue",
        )
    )
    caller = Caller(account_id=owner.id, role=Role.USER)
    with progress_bar(count, "items") as advance:
        for contents in catalogue(count, SAMPLE):
            await use_cases.items.create_all(caller, contents)
            advance(len(contents))
