"""Pages of birthdays: where each ends, how much is read for it, and by which day and rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hello.entities.birthdays import LeapDay
from hello.entities.errors import InvalidError
from hello.services.birthday_lists import ListedDays
from hello.services.birthdays import BirthdayService
from hello.services.lookups import BirthdayPage
from tests.support.builders import TODAY
from tests.support.people import birthday_service, names
from tests.twins.transaction import TwinUnitOfWork


@pytest.fixture
def birthdays(twin: TwinUnitOfWork) -> BirthdayService:
    return birthday_service(twin)


async def test_a_day_that_is_over_is_a_wrong_cursor(birthdays: BirthdayService) -> None:
    with pytest.raises(InvalidError) as refused:
        await birthdays.rendered_today(TODAY - timedelta(2), "", 10, names)
    assert refused.value.field == "cursor"


async def test_pages_of_other_lengths_and_places_are_cached_apart(
    birthdays: BirthdayService, twin: TwinUnitOfWork
) -> None:
    twin.stored.people.rows = dict.fromkeys("abc", date(1990, 6, 15))
    asked = [("", 1), ("", 2), ("a", 1), ("a", 2), ("", 1)]
    pages = [await birthdays.rendered_today(TODAY, after, limit, names) for after, limit in asked]
    assert pages == [b"a", b"a,b", b"b", b"b,c", b"a"]


@pytest.mark.parametrize(
    ("limit", "found", "last"),
    [(1, "a", (0, "a")), (2, "ab", (0, "b")), (3, "abc", (2, "c")), (4, "abcd", None), (5, "abcd", None)],
)
async def test_a_page_says_where_the_next_one_begins(
    birthdays: BirthdayService, twin: TwinUnitOfWork, limit: int, found: str, last: tuple[int, str] | None
) -> None:
    days = {"a": 15, "b": 15, "c": 17, "d": 18}
    twin.stored.people.rows = {name: date(1990, 6, day) for name, day in days.items()}
    page = await birthdays.celebrating(TODAY, 0, 9, (0, ""), limit)
    assert ("".join(person.username for person in page.people), page.last) == (found, last)
    assert page.day == TODAY


async def test_a_page_of_coming_days_leaves_today_out(
    birthdays: BirthdayService, twin: TwinUnitOfWork
) -> None:
    twin.stored.people.rows = {name: date(1990, 6, 15 + number) for number, name in enumerate("abcd")}
    pages = list[bytes]()

    def take(page: BirthdayPage | None, _: Exception | None) -> None:
        assert page
        pages.append(names(page))

    birthdays.celebrating_nowait(TODAY, 2, (-1, ""), 5, take)
    assert pages == [b"b,c"]


def test_today_is_where_the_client_says_or_where_the_service_lives(birthdays: BirthdayService) -> None:
    late = ZoneInfo("Pacific/Kiritimati")
    assert [birthdays.today(zone) for zone in (None, late)] == [TODAY, TODAY + timedelta(1)]
    assert replace(birthdays, zone=late).today(None) == TODAY + timedelta(1)


@pytest.mark.parametrize(
    ("rule", "found", "about"),
    [(LeapDay.FEB28, b"John", [227, 228, 229, 301]), (LeapDay.MAR1, b"", [227, 228, 301, 229])],
)
async def test_leapers_are_listed_by_the_rule_of_the_service(
    birthdays: BirthdayService, twin: TwinUnitOfWork, rule: LeapDay, found: bytes, about: list[int]
) -> None:
    twin.stored.people.rows = {"John": date(2000, 2, 29)}
    page = await replace(birthdays, leap_day=rule).celebrating(date(2026, 2, 28), 0, 0, (0, ""), 10)
    assert names(page) == found
    now = datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert ListedDays(now=lambda: now, leap_day=rule).affected_month_days() == about
