"""Remembering people and greeting them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo

from hello.core.clock import Clock, today
from hello.entities.errors import NotFoundError
from hello.entities.events import Event
from hello.entities.people import check_born
from hello.services.accounts import NewId
from hello.services.birthday_lists import ListedDays
from hello.services.ports import Begin, PersonLookup
from hello.services.todays_greetings import TodaysGreetings


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePerson:
    username: str
    date_of_birth: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleService:
    begin: Begin
    lookup: PersonLookup
    listed: ListedDays
    now: Clock
    new_id: NewId
    todays: TodaysGreetings

    async def save(self, wanted: SavePerson) -> None:
        """Store the person; raise `InvalidError` for a day of birth that is not before today."""
        born = self.check(wanted.date_of_birth)
        await self.lookup.save(wanted.username, born)

    def today(self) -> date:
        """Return which day it is where the service lives."""
        return self.todays.day(self.now().timestamp())

    def check(self, born: date) -> date:
        """Raise `InvalidError` for a day of birth that is not before today, where the service lives."""
        return check_born(born, self.today())

    async def save_all(self, births: Mapping[str, date]) -> None:
        """Store people whose dates of birth have been checked, with an event for each."""
        async with self.begin() as tx:
            await tx.people.save(births, self.listed.affected_month_days())
            await tx.outbox.add_person_saved(births)

    async def greet(self, username: str, zone: tzinfo | None = None) -> str:
        """Return the greeting for today in `zone`; raise `NotFoundError`."""
        found = await self.lookup.find_month_day(username)
        if found is None:
            raise NotFoundError(f"no user named {username}")
        if zone is None:
            return f"Hello, {username}{self.todays.endings(self.now().timestamp())[found]}"
        return self.todays.greet(username, found, today(self.now, zone))

    async def remove(self, username: str) -> None:
        """Forget the person; raise `NotFoundError`."""
        async with self.begin() as tx:
            await tx.people.remove(username, self.listed.affected_month_days())
            await tx.outbox.add(self._deleted(username))

    def _deleted(self, username: str) -> Event:
        return Event(
            id=f"person-{self.new_id()}",
            type="person.deleted",
            subject=username,
            time=self.now(),
            data={"username": username},
        )
