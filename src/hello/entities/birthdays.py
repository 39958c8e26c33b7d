"""When a birthday is celebrated, and how many days are left until it."""

from datetime import date
from enum import StrEnum

FEBRUARY, MARCH, LEAP_DAY = 2, 3, 29


class LeapDay(StrEnum):
    """When someone born on 29 February celebrates in a common year."""

    MAR1 = "mar1"
    FEB28 = "feb28"


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
