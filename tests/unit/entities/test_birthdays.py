"""When a birthday is celebrated, in common years and in leap years."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello.entities.birthdays import LeapDay, celebration, days_until_birthday
from hello.entities.greetings import DaysWording, Greeting, hello

LEAPER = date(2000, 2, 29)
births = st.dates(date(1800, 1, 1), date(2100, 1, 1))
days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
rules = st.sampled_from(LeapDay)


@pytest.mark.parametrize(
    ("today", "mar1", "feb28"),
    [
        ("2026-02-27", 2, 1),
        ("2026-02-28", 1, 0),
        ("2026-03-01", 0, 364),
        ("2027-03-02", 364, 364),
        ("2027-12-31", 60, 60),
        ("2028-02-29", 0, 0),
        ("2028-03-01", 365, 364),
        ("2100-02-28", 1, 0),
    ],
)
def test_leap_day_birthday_follows_the_rule(today: str, mar1: int, feb28: int) -> None:
    day = date.fromisoformat(today)
    assert days_until_birthday(LEAPER, day, LeapDay.MAR1) == mar1
    assert days_until_birthday(LEAPER, day, LeapDay.FEB28) == feb28


@given(births, days, rules)
def test_the_day_counted_to_is_the_next_celebration(born: date, today: date, rule: LeapDay) -> None:
    left = days_until_birthday(born, today, rule)
    day = today + timedelta(left)
    assert 0 <= left <= 365
    assert day == celebration(born, day.year, rule)
    assert not any(
        celebration(born, year, rule) == today + timedelta(skipped)
        for skipped in range(left)
        for year in (today.year, today.year + 1)
    )


@given(births, days)
def test_birthday_outside_of_leap_day_is_on_the_same_day(born: date, today: date) -> None:
    if (born.month, born.day) != (2, 29):
        day = today + timedelta(days_until_birthday(born, today, LeapDay.MAR1))
        assert (day.month, day.day) == (born.month, born.day)


@pytest.mark.parametrize(
    ("wording", "left", "words"),
    [
        (DaysWording.SPEC, 0, "Hello, John! Happy birthday!"),
        (DaysWording.SPEC, 1, "Hello, John! Your birthday is in 1 day(s)"),
        (DaysWording.SPEC, 5, "Hello, John! Your birthday is in 5 day(s)"),
        (DaysWording.PLURAL, 0, "Hello, John! Happy birthday!"),
        (DaysWording.PLURAL, 1, "Hello, John! Your birthday is in 1 day"),
        (DaysWording.PLURAL, 2, "Hello, John! Your birthday is in 2 days"),
    ],
)
def test_days_wording_follows_the_setting(wording: DaysWording, left: int, words: str) -> None:
    assert hello("John", Greeting(wording).ending(left)) == words
