"""Who celebrates: today and soon."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import partial
from typing import TypeAlias

from hello.core.batching import Callback
from hello.core.clock import Clock, today
from hello.entities.birthdays import LeapDay
from hello.entities.errors import InvalidError
from hello.services.birthday_lists import ListedDays
from hello.services.lookups import BirthdayPage, BirthdayPageKey, Lookup
from hello.services.ports import Stamp, StampedPages

PAGE_FORMAT = "2"
"""The version of the format of cached pages: a release with another format does not read them."""


Render: TypeAlias = Callable[[BirthdayPage], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class BirthdayService:
    lookup: Lookup[BirthdayPageKey, BirthdayPage]
    listed_days: ListedDays
    pages: StampedPages
    stamp: Stamp
    now: Clock
    zone: tzinfo
    leap_day: LeapDay

    def today(self, zone: tzinfo | None) -> date:
        return today(self.now, zone or self.zone)

    async def rendered_today(self, day: date, after: str, limit: int, render: Render) -> bytes:
        """Return a page of those who celebrate on `day`, as rendered when it was cached.

        Raise `InvalidError` for a day that is today nowhere any more: changes do not reach its pages.
        """
        if day not in self.listed_days.days():
            raise InvalidError("has expired: its day is over", field="cursor")

        key = f"birthdays:{PAGE_FORMAT}:{day.isoformat()}:{limit}:{after}"
        load = partial(self.rendered_from_database, day, after, limit, render)
        return await self.pages.get(key, self.stamp, load)

    async def rendered_from_database(self, day: date, after: str, limit: int, render: Render) -> bytes:
        """Return the same page, without the cache."""
        return render(await self.celebrating(day, 0, 0, (0, after), limit))

    async def celebrating(
        self, day: date, first: int, last: int, after: tuple[int, str], limit: int
    ) -> BirthdayPage:
        """Return a page of those who celebrate `first` to `last` days from `day`, soonest first."""
        key = BirthdayPageKey(day, first, last, self.leap_day, after, limit)
        return await self.lookup.find(key) or BirthdayPage(day, [], None)

    def celebrating_nowait(
        self, day: date, days: int, after: tuple[int, str], limit: int, callback: Callback[BirthdayPage]
    ) -> None:
        """Call back with a page of those who celebrate within these days, today left out."""
        self.lookup.find_nowait(BirthdayPageKey(day, 1, days, self.leap_day, after, limit), callback)
