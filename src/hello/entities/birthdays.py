"""When a birthday is celebrated, how many days are left until it, and who celebrates on a day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

FEBRUARY, MARCH, LEAP_DAY = 2, 3, 29
BORN_ON_LEAP_DAY = 229
LONGEST_YEAR = 366
DATE_LETTERS = len("19900517")


class LeapDay(StrEnum):
    """When someone born on 29 February celebrates in a common year."""

    MAR1 = "mar1"
    FEB28 = "feb28"


class Celebration(NamedTuple):
    """Someone's birthday: on `day`, `in_days` days from today."""

    username: str
    born: date
    day: date
    in_days: int

    @property
    def turns(self) -> int:
        return self.day.year - self.born.year


@dataclass(frozen=True, slots=True)
class BirthdayGroup:
    """Those born on one day of the year (`month_day`, 229 for 29 February), and when they celebrate next."""

    month_day: int
    day: date
    in_days: int


def celebration(born: date, year: int, rule: LeapDay) -> date:
    """Return the day of `year` on which someone born on `born` celebrates."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, MARCH, 1) if rule is LeapDay.MAR1 else date(year, FEBRUARY, LEAP_DAY - 1)


def days_until_birthday(born: date, today: date, rule: LeapDay) -> int:
    """Return the whole days until the next celebration: 0 on the day itself, 365 at most.

    The rule is applied to the year in question: this one while its celebration is to come, else the next.
    """
    this_year = celebration(born, today.year, rule)
    following = this_year if this_year >= today else celebration(born, today.year + 1, rule)
    return (following - today).days


def month_day(day: date) -> int:
    return 100 * day.month + day.day


def leap_year_date(month_day: int) -> date:
    """Return a day of birth for a day of the year as `month_day` writes it, in a leap year."""
    return date(2000, *divmod(month_day, 100))


def month_days_celebrated(day: date, rule: LeapDay) -> tuple[int, ...]:
    """Return the days of birth, as `month_day`, that are celebrated on this day: one, or two with leapers."""
    leapers = celebration(date(2000, FEBRUARY, LEAP_DAY), day.year, rule) == day
    own = month_day(day)
    return (own, BORN_ON_LEAP_DAY) if leapers and own != BORN_ON_LEAP_DAY else (own,)


def groups_between(today: date, first: int, last: int, rule: LeapDay) -> Iterator[BirthdayGroup]:
    """Yield who celebrates `first` to `last` days from today, soonest first, each group only once."""
    seen: set[int] = set()
    for in_days in range(first, last + 1):
        day = today + timedelta(in_days)
        for born in month_days_celebrated(day, rule):
            if born not in seen:
                seen.add(born)
                yield BirthdayGroup(born, day, in_days)


@lru_cache(maxsize=16)
def next_celebrations(today: date, first: int, rule: LeapDay) -> Mapping[int, BirthdayGroup]:
    """Return who celebrates when, from `first` days from today on, by day of birth (`month_day`)."""
    groups = groups_between(today, first, first + LONGEST_YEAR - 1, rule)
    return {group.month_day: group for group in groups}


def celebration_in(line: str, groups: Mapping[int, BirthdayGroup]) -> Celebration:
    """Return what a line of name and day of birth says, `John19900517`."""
    born = date.fromisoformat(line[-DATE_LETTERS:])
    group = groups[month_day(born)]
    return Celebration(line[:-DATE_LETTERS], born, group.day, group.in_days)
