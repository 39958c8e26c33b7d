"""Who celebrates today and soon, and which lists a change makes stale."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello.entities.birthdays import (
    LeapDay,
    days_until_birthday,
    groups_between,
    month_day,
    month_days_celebrated,
)
from hello.entities.errors import InvalidError
from hello.services.imports import ImportService, Line, LineError
from hello.services.people import SavePerson
from tests.support.builders import TODAY
from tests.support.people import birthday_service, names, people_service
from tests.twins.transaction import TwinUnitOfWork

days = st.dates(date(1990, 1, 1), date(2110, 12, 31))
births = st.dates(date(1880, 1, 1), date(1980, 12, 31))
rules = st.sampled_from(LeapDay)


@pytest.mark.parametrize(
    ("day", "rule", "expected"),
    [
        ("2026-02-28", LeapDay.MAR1, (228,)),
        ("2026-02-28", LeapDay.FEB28, (228, 229)),
        ("2026-03-01", LeapDay.MAR1, (301, 229)),
        ("2026-03-01", LeapDay.FEB28, (301,)),
        ("2028-02-29", LeapDay.MAR1, (229,)),
        ("2028-02-28", LeapDay.FEB28, (228,)),
        ("2028-03-01", LeapDay.MAR1, (301,)),
        ("2100-02-28", LeapDay.FEB28, (228, 229)),
    ],
)
def test_leapers_are_in_the_list_of_their_day(day: str, rule: LeapDay, expected: tuple[int, ...]) -> None:
    assert month_days_celebrated(date.fromisoformat(day), rule) == expected


@given(births, days, rules)
def test_list_has_the_people_greeted_that_day(born: date, day: date, rule: LeapDay) -> None:
    celebrates = month_day(born) in month_days_celebrated(day, rule)
    assert celebrates == (days_until_birthday(born, day, rule) == 0)


@given(births, days, rules)
def test_year_ahead_has_each_birthday_once(born: date, today: date, rule: LeapDay) -> None:
    found = [group for group in groups_between(today, 0, 366, rule) if group.month_day == month_day(born)]
    assert [group.in_days for group in found] == [days_until_birthday(born, today, rule)]
    assert found[0].day == today + timedelta(found[0].in_days)


@pytest.mark.parametrize("offset", range(-3, 4))
async def test_only_birthdays_near_today_change_the_list_stamp(twin: TwinUnitOfWork, offset: int) -> None:
    day, people = (TODAY + timedelta(offset)).replace(year=1990), people_service(twin)
    changes: list[Callable[[], Awaitable[None]]] = [
        lambda: people.save(SavePerson(username="John", date_of_birth=day)),
        lambda: people.save(SavePerson(username="John", date_of_birth=date(1990, 1, 1))),
        lambda: people.save_all({"John": day}),
        lambda: people.remove("John"),
    ]
    for change in changes:
        before = twin.stored.people.stamp
        await change()
        assert (twin.stored.people.stamp != before) == (abs(offset) <= 1)


async def test_moving_in_and_out_of_today_changes_the_cached_list(twin: TwinUnitOfWork) -> None:
    people, birthdays = people_service(twin), birthday_service(twin)
    for born, expected in [
        (date(1990, 6, 15), b"John"),
        (date(1990, 6, 16), b""),
        (date(1990, 6, 15), b"John"),
    ]:
        await people.save(SavePerson(username="John", date_of_birth=born))
        assert await birthdays.rendered_today(TODAY, "", 10, names) == expected
    await people.remove("John")
    assert await birthdays.rendered_today(TODAY, "", 10, names) == b""


async def test_a_day_that_is_over_everywhere_has_no_list(twin: TwinUnitOfWork) -> None:
    with pytest.raises(InvalidError):
        await birthday_service(twin).rendered_today(TODAY - timedelta(2), "", 10, names)


async def test_pages_lead_through_the_coming_days(twin: TwinUnitOfWork) -> None:
    for offset in range(400):
        day = TODAY + timedelta(offset)
        born = day.replace(year=2000 if (day.month, day.day) == (2, 29) else 1990)
        twin.stored.people.rows[f"{'ab'[offset % 2]}{'x' * (offset // 2)}"] = born
    birthdays, found, after = birthday_service(twin), [], (-1, "")
    while True:
        page = await birthdays.celebrating(TODAY, 1, 366, after, 7)
        found += [(person.in_days, person.username) for person in page.people]
        if page.last is None:
            break
        after = page.last
    assert found == sorted(set(found))
    assert len(found) == 400


async def test_an_import_takes_the_good_lines_and_reports_the_others(twin: TwinUnitOfWork) -> None:
    async def lines() -> AsyncIterator[Line | LineError]:
        for number in range(1, 251):
            yield LineError(number, "bad")
        yield Line(251, SavePerson(username="John", date_of_birth=TODAY))
        for number, year in ((252, 1990), (253, 1991)):
            yield Line(number, SavePerson(username="John", date_of_birth=date(year, 1, 1)))

    report = await ImportService(people=people_service(twin)).run(lines())
    assert (report.accepted, report.rejected, len(report.errors)) == (2, 251, 100)
    assert twin.stored.people.rows == {"John": date(1991, 1, 1)}
