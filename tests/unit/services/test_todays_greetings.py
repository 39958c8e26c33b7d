"""Today begins and ends at midnight where the service lives."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hello.entities.birthdays import LeapDay
from hello.entities.greetings import DaysWording, Greeting
from hello.services.todays_greetings import TodaysGreetings

MIDNIGHT = datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp()
"""Where it is twelve hours later than in UTC, 16 June begins."""
BORN = 617


@pytest.fixture
def greetings() -> TodaysGreetings:
    zone = ZoneInfo("Pacific/Auckland")
    return TodaysGreetings(zone=zone, leap_day=LeapDay.MAR1, greeting=Greeting(DaysWording.SPEC))


@pytest.mark.parametrize(("after_s", "day"), [(-1, 15), (0, 16), (86_399, 16), (86_400, 17)])
def test_first_greeting_is_of_the_day_in_the_zone(
    greetings: TodaysGreetings, after_s: float, day: int
) -> None:
    expected = greetings.greet_on(date(2026, 6, day), "Ada", BORN)
    assert greetings.greet("Ada", BORN, MIDNIGHT + after_s) == expected


def test_greeting_changes_at_midnight_and_back_with_the_clock(greetings: TodaysGreetings) -> None:
    for after_s, day in [(-1, 15), (0, 16), (86_399, 16), (86_400, 17), (-0.001, 15)]:
        expected = greetings.greet_on(date(2026, 6, day), "Ada", BORN)
        assert greetings.greet("Ada", BORN, MIDNIGHT + after_s) == expected


def test_day_changes_at_midnight_and_back_with_the_clock(greetings: TodaysGreetings) -> None:
    seconds = (-1, 0, 86_399, 86_400, -0.001)
    days = [greetings.day(MIDNIGHT + after_s) - date(2026, 6, 16) for after_s in seconds]
    assert days == [timedelta(number) for number in (-1, 0, 0, 1, -1)]
