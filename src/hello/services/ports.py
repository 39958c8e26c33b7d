"""Everything the business asks of the outside world, on one page."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

from hello.entities.people import Person


class People(Protocol):
    async def get(self, username: str) -> Person:
        """Raise `NotFoundError` when nobody has this name."""
        ...

    async def save(self, person: Person) -> None:
        """Store the person, new or known, in one statement: two first saves at once are no conflict."""
        ...

    async def remove(self, username: str) -> None:
        """Raise `NotFoundError` when nobody has this name."""
        ...


class Transaction(Protocol):
    """Everything done through it is stored together or not at all."""

    @property
    def people(self) -> People: ...


Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Transaction]]


class Probe(Protocol):
    """One thing the service depends on, and how to find out whether it is there."""

    @property
    def name(self) -> str: ...
    @property
    def required(self) -> bool:
        """Say whether the service is of no use without it."""
        ...

    async def check(self) -> None:
        """Raise `UnavailableError` when it is away or not fit for use."""
        ...
