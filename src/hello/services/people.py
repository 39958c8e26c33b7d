"""Remembering people and greeting them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import partial
from typing import TypeAlias

from hello.core.batching import OverloadedError
from hello.core.clock import Clock, today
from hello.core.ids import NewUuid
from hello.entities.errors import NotFoundError
from hello.entities.events import Event
from hello.entities.people import check_born
from hello.services.birthday_lists import ListedDays
from hello.services.ports import Begin, PersonLookup
from hello.services.todays_greetings import TodaysGreetings

GreetCallback: TypeAlias = Callable[[str | None, Exception | None], None]
SaveCallback: TypeAlias = Callable[[Exception | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePerson:
    username: str
    date_of_birth: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleService:
    begin: Begin
    lookup: PersonLookup
    listed_days: ListedDays
    now: Clock
    new_id: NewUuid
    greetings: TodaysGreetings

    async def save(self, wanted: SavePerson) -> None:
        """Store the person; raise `InvalidError` for a day of birth that is not before today."""
        born = self.check(wanted.date_of_birth)
        await self.lookup.save(wanted.username, born)

    def save_nowait(self, wanted: SavePerson, callback: SaveCallback) -> None:
        """Call back with None, or with what `save` raises; an invalid date is raised at once."""

        def saved(_: None, error: Exception | None) -> None:
            callback(error and self.lookup.explain_save(error))

        born = self.check(wanted.date_of_birth)
        try:
            self.lookup.save_nowait(wanted.username, born, saved)
        except OverloadedError as error:
            callback(self.lookup.explain_save(error))

    def today(self) -> date:
        """Return which day it is where the service lives."""
        return self.greetings.day(self.now().timestamp())

    def check(self, born: date) -> date:
        """Raise `InvalidError` for a day of birth that is not before today, where the service lives."""
        return check_born(born, self.today())

    async def save_all(self, births: Mapping[str, date]) -> None:
        """Store people whose dates of birth have been checked, with an event for each."""
        async with self.begin() as tx:
            await tx.people.save(births, self.listed_days.affected_month_days())
            await tx.outbox.add_person_saved(births)

    async def greet(self, username: str, zone: tzinfo | None = None) -> str:
        """Return the greeting for today in `zone`; raise `NotFoundError`."""
        month_day = await self.lookup.find_month_day(username)
        if month_day is None:
            raise unknown_user(username)
        if zone is None:
            return self.greetings.greet(username, month_day, self.now().timestamp())
        return self.greetings.greet_on(today(self.now, zone), username, month_day)

    def greet_nowait(self, username: str, now: float, callback: GreetCallback) -> None:
        """Call back with the greeting for today, or with what `greet` raises; `now` as a Unix time."""
        try:
            self.lookup.find_nowait(username, partial(self._call_back, username, now, callback))
        except OverloadedError as error:
            callback(None, self.lookup.explain_find(error))

    def _call_back(
        self,
        username: str,
        now: float,
        callback: GreetCallback,
        month_day: int | None,
        error: Exception | None,
    ) -> None:
        if month_day is not None:
            callback(self.greetings.greet(username, month_day, now), None)
        elif error is None:
            callback(None, unknown_user(username))
        else:
            callback(None, self.lookup.explain_find(error))

    async def remove(self, username: str) -> None:
        """Forget the person; raise `NotFoundError`."""
        async with self.begin() as tx:
            await tx.people.remove(username, self.listed_days.affected_month_days())
            await tx.outbox.add(self._deleted(username))

    def _deleted(self, username: str) -> Event:
        return Event(
            id=f"person-{self.new_id()}",
            type="person.deleted",
            subject=username,
            time=self.now(),
            data={"username": username},
        )


def unknown_user(username: str) -> NotFoundError:
    return NotFoundError(f"no user named {username}")
