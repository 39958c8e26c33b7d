"""In-memory twins of the ports: they keep the same promises, as the contract tests show."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field

from hello.entities.errors import NotFoundError
from hello.entities.people import Person


@dataclass
class TwinPeople:
    rows: dict[str, Person] = field(default_factory=dict)

    async def get(self, username: str) -> Person:
        if username not in self.rows:
            raise NotFoundError(f"nobody is called {username}")
        return self.rows[username]

    async def save(self, person: Person) -> None:
        self.rows[person.username] = person

    async def remove(self, username: str) -> None:
        await self.get(username)
        del self.rows[username]


@dataclass
class TwinTransaction:
    people: TwinPeople = field(default_factory=TwinPeople)


@dataclass
class TwinUnitOfWork:
    """`stored` is what has been committed so far; `error` is what the next transactions fail with."""

    stored: TwinTransaction = field(default_factory=TwinTransaction)
    error: Exception | None = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[TwinTransaction]:
        if self.error:
            raise self.error
        draft = deepcopy(self.stored)
        yield draft
        self.stored = draft
