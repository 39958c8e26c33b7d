"""What a name and a day of birth may be, and what the people_service does with them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from hello.entities.birthdays import LeapDay, month_day
from hello.entities.errors import InvalidError, NotFoundError
from hello.entities.people import check_username
from hello.services.people import SavePerson
from tests.support.builders import NOON, TODAY
from tests.support.people import UTC, people_service
from tests.twins.transaction import TwinUnitOfWork


@pytest.mark.parametrize("name", ["a", "John", "Z" * 100, "health"])
def test_ascii_letters_are_a_valid_username(name: str) -> None:
    assert check_username(name) == name


@pytest.mark.parametrize(
    "name", ["", "Z" * 101, "john\n", "Jöhn", "john1", "a b", "\u017f", "\u212a", "a/b", "\0"]
)
def test_other_characters_are_an_invalid_username(name: str) -> None:
    with pytest.raises(InvalidError) as raised:
        check_username(name)
    assert raised.value.field == "username"


@pytest.mark.parametrize("born", [TODAY, TODAY + timedelta(1)])
async def test_date_of_birth_from_today_on_is_invalid(twin: TwinUnitOfWork, born: date) -> None:
    with pytest.raises(InvalidError, match="before today, 2026-06-15") as refused:
        await people_service(twin).save(SavePerson(username="John", date_of_birth=born))
    assert refused.value.field == "dateOfBirth"
    assert not twin.stored.people.rows


async def test_saving_uses_today_of_the_services_zone(twin: TwinUnitOfWork) -> None:
    """At noon in UTC it is tomorrow already on Kiritimati."""
    await people_service(twin, zone="Pacific/Kiritimati").save(
        SavePerson(username="John", date_of_birth=TODAY)
    )
    assert twin.stored.people.rows["John"] == TODAY


async def test_a_client_may_ask_for_another_zone(twin: TwinUnitOfWork) -> None:
    people = people_service(twin)
    await people.save(SavePerson(username="John", date_of_birth=date(1990, 6, 16)))
    assert await people.greet("John") == "Hello, John! Your birthday is in 1 day(s)"
    assert await people.greet("John", ZoneInfo("Pacific/Kiritimati")) == "Hello, John! Happy birthday!"


async def test_removed_person_is_not_greeted(twin: TwinUnitOfWork) -> None:
    people = people_service(twin)
    await people.save(SavePerson(username="John", date_of_birth=date(1990, 6, 16)))
    await people.remove("John")
    with pytest.raises(NotFoundError):
        await people.greet("John")


def test_today_follows_a_clock_that_is_set_back() -> None:
    todays = people_service(TwinUnitOfWork()).todays
    day = NOON.timestamp()
    assert [todays.day(moment) for moment in (day, day + 86_400, day)] == [
        TODAY,
        TODAY + timedelta(1),
        TODAY,
    ]


async def test_each_saved_person_has_an_event(twin: TwinUnitOfWork) -> None:
    people, born = people_service(twin), date(1990, 6, 16)
    await people.save(SavePerson(username="John", date_of_birth=born))
    await people.save_all({"Bob": born, "Ada": born})
    assert [(event.type, event.data) for event in twin.stored.outbox.events] == [
        ("person.saved", {"username": name, "dateOfBirth": "1990-06-16"}) for name in ("John", "Ada", "Bob")
    ]


async def test_a_removal_is_an_event(twin: TwinUnitOfWork) -> None:
    people = people_service(twin)
    await people.save(SavePerson(username="John", date_of_birth=date(1990, 6, 16)))
    await people.remove("John")
    _, event = twin.stored.outbox.events
    assert UUID(event.id.removeprefix("person-")).version == 4
    assert (event.type, event.subject, event.time) == ("person.deleted", "John", NOON)
    assert event.data == {"username": "John"}


async def test_removal_of_an_unknown_person_is_not_found_and_has_no_event(twin: TwinUnitOfWork) -> None:
    with pytest.raises(NotFoundError):
        await people_service(twin).remove("John")
    assert not twin.stored.outbox.events


def test_a_day_begins_and_ends_at_midnight_where_the_service_lives() -> None:
    todays = people_service(TwinUnitOfWork(), zone="America/New_York").todays
    midnight = datetime(2026, 6, 15, 4, tzinfo=UTC).timestamp()
    seen = [todays.day(midnight + seconds) for seconds in (3600, 0, -1, 86_399, 86_400, 0)]
    assert [(day - TODAY).days for day in seen] == [0, 0, -1, 0, 1, 0]


def test_a_greeting_is_kept_no_longer_than_its_day() -> None:
    todays = people_service(TwinUnitOfWork()).todays
    assert [todays.endings(NOON.timestamp() + days * 86_400)[617] for days in range(3)] == [
        "! Your birthday is in 2 day(s)",
        "! Your birthday is in 1 day(s)",
        "! Happy birthday!",
    ]


def test_every_day_of_birth_has_a_greeting() -> None:
    endings = people_service(TwinUnitOfWork()).todays.endings(NOON.timestamp())
    assert set(endings) == {month_day(date(2000, 1, 1) + timedelta(day)) for day in range(366)}


@pytest.mark.parametrize(
    ("rule", "ending"),
    [(LeapDay.FEB28, "! Happy birthday!"), (LeapDay.MAR1, "! Your birthday is in 1 day(s)")],
)
def test_leapers_are_greeted_by_the_rule_of_the_service(rule: LeapDay, ending: str) -> None:
    todays = replace(people_service(TwinUnitOfWork()).todays, leap_day=rule)
    assert todays.greet("John", 229, date(2026, 2, 28)) == f"Hello, John{ending}"
    assert todays.endings(datetime(2026, 2, 28, 12, tzinfo=UTC).timestamp())[229] == ending
