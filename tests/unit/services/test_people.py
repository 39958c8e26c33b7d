"""What a name and a day of birth may be, and what the service does with them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from hello.core.batching import OverloadedError
from hello.entities.birthdays import LeapDay, month_day
from hello.entities.errors import BusyError, InvalidError, NotFoundError
from hello.entities.people import check_username
from hello.services.people import SavePerson
from tests.support.builders import NOON, TODAY
from tests.support.people import UTC, people_service
from tests.twins.transaction import TwinPersonLookup, TwinUnitOfWork


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
    with pytest.raises(NotFoundError) as raised:
        await people.greet("John")
    assert str(raised.value) == "no user named John"


def test_today_follows_a_clock_that_is_set_back() -> None:
    todays = people_service(TwinUnitOfWork()).greetings
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
    todays = people_service(TwinUnitOfWork(), zone="America/New_York").greetings
    midnight = datetime(2026, 6, 15, 4, tzinfo=UTC).timestamp()
    seen = [todays.day(midnight + seconds) for seconds in (3600, 0, -1, 86_399, 86_400, 0)]
    assert [(day - TODAY).days for day in seen] == [0, 0, -1, 0, 1, 0]


def test_a_greeting_is_kept_no_longer_than_its_day() -> None:
    todays = people_service(TwinUnitOfWork()).greetings
    assert [todays.greet("John", 617, NOON.timestamp() + days * 86_400) for days in range(3)] == [
        "Hello, John! Your birthday is in 2 day(s)",
        "Hello, John! Your birthday is in 1 day(s)",
        "Hello, John! Happy birthday!",
    ]


def test_every_day_of_birth_has_a_greeting() -> None:
    todays = people_service(TwinUnitOfWork()).greetings
    for day in range(366):
        born = month_day(date(2000, 1, 1) + timedelta(day))
        assert todays.greet("John", born, NOON.timestamp()) == todays.greet_on(TODAY, "John", born)


@pytest.mark.parametrize(
    ("rule", "ending"),
    [(LeapDay.FEB28, "! Happy birthday!"), (LeapDay.MAR1, "! Your birthday is in 1 day(s)")],
)
def test_leapers_are_greeted_by_the_rule_of_the_service(rule: LeapDay, ending: str) -> None:
    todays = replace(people_service(TwinUnitOfWork()).greetings, leap_day=rule)
    greeting, noon = f"Hello, John{ending}", datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert todays.greet_on(noon.date(), "John", 229) == greeting
    assert todays.greet("John", 229, noon.timestamp()) == greeting


@dataclass
class Calls:
    """What callbacks got: the result, and the error."""

    greetings: list[tuple[str | None, Exception | None]] = field(default_factory=list)
    saves: list[Exception | None] = field(default_factory=list)

    def greeted(self, greeting: str | None, error: Exception | None) -> None:
        self.greetings.append((greeting, error))


@dataclass
class FaultyLookup(TwinPersonLookup):
    """Calls back with `error`; `is_full` refuses at once."""

    fault: Exception = field(default_factory=TimeoutError)
    is_full: bool = False

    def find_nowait(self, _: str, callback: Callable[[int | None, Exception | None], None]) -> None:
        self._fail(callback)

    def save_nowait(self, _: str, __: date, callback: Callable[[None, Exception | None], None]) -> None:
        self._fail(callback)

    def _fail(self, callback: Callable[[None, Exception | None], None]) -> None:
        if self.is_full:
            raise OverloadedError
        callback(None, self.fault)

    def explain_find(self, error: Exception) -> Exception:
        return BusyError(f"find: {type(error).__name__}")

    def explain_save(self, error: Exception) -> Exception:
        return BusyError(f"save: {type(error).__name__}")


async def test_callbacks_get_what_the_coroutines_return(twin: TwinUnitOfWork) -> None:
    people, calls = people_service(twin), Calls()
    people.save_nowait(SavePerson(username="John", date_of_birth=date(1990, 6, 15)), calls.saves.append)
    people.greet_nowait("John", NOON.timestamp(), calls.greeted)
    people.greet_nowait("Jane", NOON.timestamp(), calls.greeted)
    assert calls.saves == [None]
    assert [(event.type, event.subject) for event in twin.stored.outbox.events] == [("person.saved", "John")]
    (greeting, _), (_, error) = calls.greetings
    assert greeting == await people.greet("John") == "Hello, John! Happy birthday!"
    assert str(error) == "no user named Jane"


@pytest.mark.parametrize(("is_full", "fault"), [(True, "OverloadedError"), (False, "TimeoutError")])
def test_callbacks_get_business_errors(twin: TwinUnitOfWork, fault: str, *, is_full: bool) -> None:
    people, calls = replace(people_service(twin), lookup=FaultyLookup(twin, is_full=is_full)), Calls()
    people.greet_nowait("John", NOON.timestamp(), calls.greeted)
    people.save_nowait(SavePerson(username="John", date_of_birth=date(1990, 6, 15)), calls.saves.append)
    assert str(calls.greetings[0][1]) == f"find: {fault}"
    assert [str(error) for error in calls.saves] == [f"save: {fault}"]


def test_invalid_date_is_raised_before_anything_is_saved(twin: TwinUnitOfWork) -> None:
    calls = Calls()
    with pytest.raises(InvalidError):
        people_service(twin).save_nowait(SavePerson(username="John", date_of_birth=TODAY), calls.saves.append)
    assert not calls.saves
    assert not twin.stored.people.rows
