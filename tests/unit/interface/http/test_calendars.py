"""Calendar files: what a library reads of them, how they are kept, and that no line is too long."""

import asyncio
import gzip
from dataclasses import replace
from datetime import date, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from hello.entities.birthdays import LeapDay, groups_between
from hello.entities.errors import BusyError, UnavailableError
from hello.interface.http.calendars import LINE_OCTETS, CalendarWriter
from hello.interface.http.large import takes_gzip
from hello.services.calendars import (
    MAX_FILES,
    MAX_WAITING,
    CalendarContent,
    CalendarFile,
    CalendarQuery,
    CalendarService,
)
from hello.services.lookups import BirthdayPageKey
from hello.services.ports import Transaction
from tests.support.builders import NOON, TODAY
from tests.support.people import UTC
from tests.twins.lookups import TwinLookup, find_birthday_text, twin_lookups
from tests.twins.transaction import TwinUnitOfWork

WRITER = CalendarWriter(domain="hello.example", max_age_s=60)
LEAPERS = {LeapDay.MAR1: {"BYYEARDAY": 60}, LeapDay.FEB28: {"BYMONTH": 2, "BYMONTHDAY": -1}}
QUERY = CalendarQuery(TODAY, 366)
usernames = st.from_regex(r"[A-Za-z]{1,100}", fullmatch=True)
births = st.one_of(st.dates(date(1, 1, 1), TODAY), st.just(date(2000, 2, 29)))


def by_the_library(username: str, born: date, rule: LeapDay) -> Event:
    """Return the event as icalendar makes it."""
    event = Event()
    event.add("UID", f"birthday-{username}@hello.example")
    event.add("DTSTAMP", NOON.replace(year=1970, month=1, day=1, hour=0))
    event.add("DTSTART", born)
    event.add("SUMMARY", f"{username}'s birthday")
    event.add("RRULE", {"FREQ": "YEARLY"} | (LEAPERS[rule] if (born.month, born.day) == (2, 29) else {}))
    event.add("TRANSP", "TRANSPARENT")
    return event


@given(usernames, births, st.sampled_from(LeapDay))
def test_event_is_what_the_library_writes(username: str, born: date, rule: LeapDay) -> None:
    text = WRITER.event(f"{username}{born.isoformat().replace('-', '')}", rule)
    assert Event.from_ical(text) == by_the_library(username, born, rule)


@given(usernames, st.integers(1, 253))
def test_no_line_is_longer_than_75_octets(username: str, letters: int) -> None:
    text = CalendarWriter(domain="d" * letters).event(f"{username}19900517", LeapDay.MAR1)
    assert max(map(len, text.split("\r\n"))) <= LINE_OCTETS
    assert Event.from_ical(text)["UID"] == f"birthday-{username}@{'d' * letters}"


def service_of(twin: TwinUnitOfWork, max_events: int = 100) -> CalendarService:
    return CalendarService(
        lookup=twin_lookups(twin.begin).birthday_texts,
        now=lambda: NOON,
        zone=UTC,
        leap_day=LeapDay.MAR1,
        max_events=max_events,
    )


def names_in(file: CalendarFile) -> list[str]:
    events = Calendar.from_ical(file.body).walk("VEVENT")
    return [str(event["SUMMARY"]).removesuffix("'s birthday") for event in events]


def store(twin: TwinUnitOfWork, count: int) -> list[str]:
    """Store people, one of each coming day, and return their names in this order."""
    names = [f"{'ab'[number % 2]}{'x' * number}" for number in range(count)]
    twin.stored.people.rows |= {
        name: (TODAY + timedelta(number)).replace(year=1996) for number, name in enumerate(names)
    }
    return names


async def test_unchanged_people_give_the_same_file_written_once(twin: TwinUnitOfWork) -> None:
    store(twin, 3)
    calendars, written = service_of(twin), list[CalendarContent]()

    async def write(content: CalendarContent) -> CalendarFile:
        written.append(content)
        return await WRITER.write(content)

    files = [await calendars.read(QUERY, write) for _ in range(2)]
    assert files[0] is files[1]
    assert len(written) == 1
    again = await service_of(twin).read(QUERY, WRITER.write)
    assert (again.body, again.tag, again.gzipped) == (files[0].body, files[0].tag, files[0].gzipped)


async def test_saved_person_is_in_the_next_file(twin: TwinUnitOfWork) -> None:
    calendars = service_of(twin)
    before = await calendars.read(QUERY, WRITER.write)
    twin.stored.people.rows["John"] = date(1990, 5, 17)
    after = await calendars.read(QUERY, WRITER.write)
    assert (names_in(before), names_in(after)) == ([], ["John"])
    assert before.tag != after.tag


async def test_parts_lead_through_everyone_and_say_that_they_are_cut(twin: TwinUnitOfWork) -> None:
    names, calendars, after = store(twin, 7), service_of(twin, max_events=3), QUERY.after
    parts = []
    while True:
        parts.append(await calendars.read(CalendarQuery(TODAY, 366, after), WRITER.write))
        if (last := parts[-1].last) is None:
            break
        after = last
    assert [names_in(part) for part in parts] == [names[:3], names[3:6], names[6:]]
    assert [b"X-WR-CALDESC" in part.body for part in parts] == [True, True, False]


async def test_full_part_without_more_people_is_the_last(twin: TwinUnitOfWork) -> None:
    store(twin, 3)
    assert (await service_of(twin, max_events=3).read(QUERY, WRITER.write)).last is None


async def test_days_bound_the_file(twin: TwinUnitOfWork) -> None:
    names = store(twin, 10)
    file = await service_of(twin).read(CalendarQuery(TODAY, 4), WRITER.write)
    assert names_in(file) == names[:5]


async def test_compressed_file_is_the_same_file(twin: TwinUnitOfWork) -> None:
    store(twin, 10)
    file = await service_of(twin).read(QUERY, WRITER.write)
    assert gzip.decompress(file.gzipped) == file.body
    assert file.tag != file.gzipped_tag


async def test_the_files_that_were_asked_for_last_are_kept(twin: TwinUnitOfWork) -> None:
    calendars, written = service_of(twin), list[CalendarContent]()

    async def write(content: CalendarContent) -> CalendarFile:
        written.append(content)
        return await WRITER.write(content)

    async def renders(days: int) -> bool:
        before = len(written)
        await calendars.read(CalendarQuery(TODAY, days), write)
        return len(written) > before

    assert [await renders(days) for days in range(MAX_FILES + 1)] == [True] * (MAX_FILES + 1)
    assert [await renders(days) for days in (MAX_FILES, 1, 0, 2, 1)] == [False, False, True, True, False]


async def test_no_more_people_are_read_than_the_file_has_and_one(twin: TwinUnitOfWork) -> None:
    limits = list[int]()

    async def read(tx: Transaction, key: BirthdayPageKey) -> str:
        limits.append(key.limit)
        return await find_birthday_text(tx, key)

    calendars = replace(service_of(twin, max_events=3), lookup=TwinLookup(twin.begin, read))
    await calendars.read(QUERY, WRITER.write)
    assert limits == [4]


@pytest.mark.parametrize(("rule", "names"), [(LeapDay.FEB28, ["Leaper"]), (LeapDay.MAR1, [])])
async def test_leapers_celebrate_by_the_rule_of_the_service(
    twin: TwinUnitOfWork, rule: LeapDay, names: list[str]
) -> None:
    twin.stored.people.rows["Leaper"] = date(2000, 2, 29)
    calendars, rules = replace(service_of(twin), leap_day=rule), list[LeapDay]()

    async def write(content: CalendarContent) -> CalendarFile:
        rules.append(content.leap_day)
        return await WRITER.write(content)

    file = await calendars.read(CalendarQuery(date(2027, 2, 28), 0), write)
    assert (names_in(file), rules) == (names, [rule])


@pytest.mark.parametrize(("rule", "in_days"), [(LeapDay.FEB28, 0), (LeapDay.MAR1, 1)])
async def test_part_says_on_which_day_it_is_cut(twin: TwinUnitOfWork, rule: LeapDay, in_days: int) -> None:
    twin.stored.people.rows |= {"Leaper": date(2000, 2, 29), "Late": date(2000, 3, 9)}
    calendars, contents = replace(service_of(twin, max_events=1), leap_day=rule), list[CalendarContent]()

    async def write(content: CalendarContent) -> CalendarFile:
        contents.append(content)
        return await WRITER.write(content)

    await calendars.read(CalendarQuery(date(2027, 2, 28), 30), write)
    assert [(content.last, content.leap_day) for content in contents] == [((in_days, "Leaper"), rule)]


async def test_too_many_different_calendars_at_once_are_refused(twin: TwinUnitOfWork) -> None:
    calendars = service_of(twin)
    queries = [CalendarQuery(TODAY, days) for days in range(1, MAX_WAITING + 4)]
    answers = await asyncio.gather(
        *(calendars.read(query, WRITER.write) for query in queries for _ in range(5)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, BusyError)]
    assert 0 < len(refused) < len(answers)
    assert (await calendars.read(QUERY, WRITER.write)).body


async def test_failed_read_is_raised_and_the_next_one_succeeds(twin: TwinUnitOfWork) -> None:
    calendars = service_of(twin)
    twin.error = UnavailableError("away")
    with pytest.raises(UnavailableError):
        await calendars.read(QUERY, WRITER.write)
    twin.error = None
    assert (await calendars.read(QUERY, WRITER.write)).body


def test_year_has_every_day_of_birth_once() -> None:
    found = [group.month_day for group in groups_between(TODAY, 0, 366, LeapDay.MAR1)]
    assert len(found) == len(set(found)) == 366


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("", False),
        ("gzip", True),
        ("GZip;q=0.5, br", True),
        ("br, gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("x-gzipper", False),
    ],
)
def test_gzip_is_used_when_it_is_accepted(header: str, taken: bool) -> None:  # noqa: FBT001
    assert takes_gzip(header) is taken


def test_calendar_uses_today_of_the_services_zone(twin: TwinUnitOfWork) -> None:
    service = service_of(twin)
    assert service.today() == TODAY
    assert replace(service, zone=timezone(timedelta(hours=13))).today() == TODAY + timedelta(1)
