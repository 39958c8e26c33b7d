"""Remembering people and greeting them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo

from hello.core.clock import Clock, today
from hello.entities.birthdays import LeapDay, days_until_birthday
from hello.entities.errors import NotFoundError
from hello.entities.greetings import Greeting
from hello.entities.people import check_born
from hello.services.birthday_lists import BirthdayLists
from hello.services.ports import Begin


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePerson:
    username: str
    date_of_birth: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleService:
    """`zone` is where the service lives: it says which day today is unless the client asks otherwise."""

    begin: Begin
    lists: BirthdayLists
    now: Clock
    zone: tzinfo
    leap_day: LeapDay
    greeting: Greeting

    async def save(self, wanted: SavePerson) -> None:
        """Store the person; raise `InvalidError` for a day of birth that is not before today."""
        await self.save_all({wanted.username: self.check(wanted.date_of_birth)})

    def today(self) -> date:
        """Return which day it is where the service lives."""
        return today(self.now, self.zone)

    def check(self, born: date) -> date:
        """Raise `InvalidError` for a day of birth that is not before today, where the service lives."""
        return check_born(born, self.today())

    async def save_all(self, births: Mapping[str, date]) -> None:
        """Store people whose days of birth have been checked; no list is stale when it returns."""
        async with self.begin() as tx:
            replaced = await tx.people.save(births)
        await self.lists.changed({*births.values(), *replaced})

    async def greet(self, username: str, zone: tzinfo | None = None) -> str:
        """Return the greeting for today in `zone`; raise `NotFoundError`."""
        async with self.begin() as tx:
            births = await tx.people.find([username])
        if username not in births:
            raise NotFoundError(f"nobody is called {username}")
        day = today(self.now, zone or self.zone)
        return self.greeting.to(username, days_until_birthday(births[username], day, self.leap_day))

    async def remove(self, username: str) -> None:
        """Forget the person; raise `NotFoundError`."""
        async with self.begin() as tx:
            born = await tx.people.remove(username)
        await self.lists.changed({born})
