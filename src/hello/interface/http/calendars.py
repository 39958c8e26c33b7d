"""Birthdays as an iCalendar file (RFC 5545), written event by event."""

from collections.abc import AsyncIterator
from datetime import datetime

from icalendar import Calendar, Event

from hello.entities.birthdays import BORN_ON_LEAP_DAY, Celebration, LeapDay, month_day

MEDIA_TYPE = "text/calendar"
YEARLY = {"FREQ": "YEARLY"}
LEAPERS: dict[LeapDay, dict[str, object]] = {
    LeapDay.MAR1: {**YEARLY, "BYYEARDAY": 60},
    LeapDay.FEB28: {**YEARLY, "BYMONTH": 2, "BYMONTHDAY": -1},
}
END = b"END:VCALENDAR\r\n"


async def calendar_of(
    people: AsyncIterator[Celebration], now: datetime, rule: LeapDay
) -> AsyncIterator[bytes]:
    """Yield the file in pieces, so that its size does not matter."""
    yield empty_calendar().to_ical().removesuffix(END)
    async for person in people:
        yield event_of(person, now, rule).to_ical()
    yield END


def empty_calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", "-//Hello//Birthdays//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", "Birthdays")
    return calendar


def event_of(person: Celebration, now: datetime, rule: LeapDay) -> Event:
    """Make a yearly event of whole days since the day of birth; its UID stays the same for ever."""
    event = Event()
    event.add("UID", f"birthday-{person.username}@hello")
    event.add("DTSTAMP", now)
    event.add("DTSTART", person.born)
    event.add("SUMMARY", f"{person.username}'s birthday")
    event.add("RRULE", LEAPERS[rule] if month_day(person.born) == BORN_ON_LEAP_DAY else YEARLY)
    event.add("TRANSP", "TRANSPARENT")
    return event
