"""Birthdays of today become events, once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from hello.entities.birthdays import LeapDay
from hello.services.announcements import KEPT_DAYS, AnnouncementService
from tests.support.builders import NOON, TODAY
from tests.twins.transaction import TwinUnitOfWork

LATE = timezone(timedelta(hours=13))


def service(twin: TwinUnitOfWork) -> AnnouncementService:
    return AnnouncementService(begin=twin.begin, now=lambda: NOON, zone=UTC, leap_day=LeapDay.MAR1)


async def test_each_birthday_is_announced_once(twin: TwinUnitOfWork) -> None:
    twin.stored.people.rows = {"John": date(1990, 6, 15), "Jane": date(1990, 6, 16)}
    assert await service(twin).announce(10) == 1
    assert await service(twin).announce(10) == 0
    (event,) = twin.stored.outbox.events
    assert (event.id, event.type, event.subject) == ("birthday-2026-06-15-John", "birthday.today", "John")
    assert event.time == NOON
    assert event.data == {"username": "John", "date": TODAY.isoformat(), "turns": 36}


async def test_at_most_as_many_as_were_asked_for(twin: TwinUnitOfWork) -> None:
    twin.stored.people.rows = dict.fromkeys(["a", "b", "c"], date(1990, 6, 15))
    assert [await service(twin).announce(2) for _ in range(3)] == [2, 1, 0]
    assert [event.subject for event in twin.stored.outbox.events] == ["a", "b", "c"]


async def test_announcements_use_today_of_the_services_zone(twin: TwinUnitOfWork) -> None:
    twin.stored.people.rows = {"John": date(1990, 6, 15), "Jane": date(1990, 6, 16)}
    assert await replace(service(twin), zone=LATE).announce(10) == 1
    assert [event.subject for event in twin.stored.outbox.events] == ["Jane"]


@pytest.mark.parametrize(("rule", "announced"), [(LeapDay.FEB28, 1), (LeapDay.MAR1, 0)])
async def test_leapers_are_announced_by_the_rule_of_the_service(
    twin: TwinUnitOfWork, rule: LeapDay, announced: int
) -> None:
    twin.stored.people.rows = {"John": date(2000, 2, 29)}
    today = datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert await replace(service(twin), now=lambda: today, leap_day=rule).announce(10) == announced


async def test_announcements_are_kept_for_a_week(twin: TwinUnitOfWork) -> None:
    here = TODAY + timedelta(1)
    oldest = here - timedelta(KEPT_DAYS)
    twin.stored.announcements.claimed = {(here, "a"), (oldest, "b"), (oldest - timedelta(1), "c")}
    await replace(service(twin), zone=LATE).forget()
    assert twin.stored.announcements.claimed == {(here, "a"), (oldest, "b")}
