"""Birthdays of today become events, once."""

from datetime import UTC, date

from hello.entities.birthdays import LeapDay
from hello.services.announcements import AnnouncementService
from tests.builders import NOON, TODAY
from tests.twins import TwinUnitOfWork


def service(twin: TwinUnitOfWork) -> AnnouncementService:
    return AnnouncementService(begin=twin.begin, now=lambda: NOON, zone=UTC, leap_day=LeapDay.MAR1)


async def test_each_birthday_is_announced_once(twin: TwinUnitOfWork) -> None:
    twin.stored.people.rows = {"John": date(1990, 6, 15), "Jane": date(1990, 6, 16)}
    assert await service(twin).announce(10) == 1
    assert await service(twin).announce(10) == 0
    (event,) = twin.stored.outbox.events
    assert (event.id, event.type, event.subject) == ("birthday-2026-06-15-John", "birthday.today", "John")
    assert event.data == {"username": "John", "date": TODAY.isoformat(), "turns": 36}


async def test_at_most_as_many_as_were_asked_for(twin: TwinUnitOfWork) -> None:
    twin.stored.people.rows = dict.fromkeys(["a", "b", "c"], date(1990, 6, 15))
    assert [await service(twin).announce(2) for _ in range(3)] == [2, 1, 0]
    assert [event.subject for event in twin.stored.outbox.events] == ["a", "b", "c"]
