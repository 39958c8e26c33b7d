"""The days whose lists of birthdays are cached, and which changes concern them."""

from dataclasses import dataclass
from datetime import UTC, date, timedelta

from hello.core.clock import Clock, today
from hello.entities.birthdays import LeapDay, month_days_celebrated

ANYWHERE = (-1, 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDays:
    """Each day that is today in some zone: in UTC, the day before, the day after.

    A day is among them ten hours before it begins anywhere: clocks of processes may differ by as much.
    """

    now: Clock
    leap_day: LeapDay

    def days(self) -> list[date]:
        here = today(self.now, UTC)
        return [here + timedelta(offset) for offset in ANYWHERE]

    def affected_month_days(self) -> list[int]:
        """Return the days of birth, as `month_day`, of those who are in the lists."""
        return [month_day for day in self.days() for month_day in month_days_celebrated(day, self.leap_day)]
