"""Which cached lists of birthdays a change makes stale."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from hello.core.clock import Clock, today
from hello.entities.birthdays import LeapDay, month_day, month_days_celebrated
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

    async def changed(self, births: Collection[date]) -> None:
        """Drop the lists in which someone born on these days is, or was; most changes concern none."""
        found = {month_day(born) for born in births}
        stale = [day for day in self.days() if found.intersection(month_days_celebrated(day, self.leap_day))]
        if stale:
            await self.pages.drop([group_of(day) for day in stale])


def group_of(day: date) -> str:
    return f"birthdays:{day.isoformat()}"
