"""Remembering people and greeting them."""

from dataclasses import dataclass
from datetime import date, tzinfo

from hello.core.clock import Clock, today
from hello.entities.birthdays import LeapDay, days_until_birthday
from hello.entities.greetings import Greeting
from hello.entities.people import Person, check_born
from hello.services.ports import Begin


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePerson:
    username: str
    date_of_birth: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleService:
    """`zone` is where the service lives: it says which day today is unless the client asks otherwise."""

    begin: Begin
    now: Clock
    zone: tzinfo
    leap_day: LeapDay
    greeting: Greeting

    async def save(self, wanted: SavePerson) -> None:
        """Store the person; raise `InvalidError` for a day of birth that is not before today."""
        born = check_born(wanted.date_of_birth, today(self.now, self.zone))
        async with self.begin() as tx:
            await tx.people.save(Person(username=wanted.username, date_of_birth=born))

    async def greet(self, username: str, zone: tzinfo | None = None) -> str:
        """Return the greeting for today in `zone`; raise `NotFoundError`."""
        async with self.begin() as tx:
            person = await tx.people.get(username)
        day = today(self.now, zone or self.zone)
        return self.greeting.to(username, days_until_birthday(person.date_of_birth, day, self.leap_day))

    async def remove(self, username: str) -> None:
        """Forget the person; raise `NotFoundError`."""
        async with self.begin() as tx:
            await tx.people.remove(username)
