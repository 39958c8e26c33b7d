"""The cached lists of birthdays, and which changes concern them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from hello.core.clock import Clock, today
from hello.entities.birthdays import LeapDay, month_days_celebrated
from hello.entities.errors import UnavailableError
from hello.services.ports import Pages

ANYWHERE = (-1, 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BirthdayLists:
    """One group of pages for each day that is today in some zone: in UTC, the day before, the day after."""

    pages: Pages
    now: Clock
    leap_day: LeapDay

    def days(self) -> list[date]:
        here = today(self.now, UTC)
        return [here + timedelta(offset) for offset in ANYWHERE]

    def about(self) -> list[int]:
        """Return the days of birth, as `month_day`, of those who are in the lists."""
        return [found for day in self.days() for found in month_days_celebrated(day, self.leap_day)]

    async def drop(self) -> None:
        """Return when no list is served that was loaded before now."""
        await self.pages.drop([group_of(day) for day in self.days()])

    @asynccontextmanager
    async def dropped_if_unknown(self) -> AsyncIterator[None]:
        """Drop the lists also after a change of unknown outcome: it may have been stored."""
        try:
            yield
        except UnavailableError:
            await self.drop()
            raise


def group_of(day: date) -> str:
    """Return a name by whose braces a Redis cluster keeps all days together: they are dropped together."""
    return f"{{birthdays}}:{day.isoformat()}"
