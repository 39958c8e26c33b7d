"""Birthdays as clients save and list them."""

from datetime import UTC, date, datetime, timedelta

import httpx

CALENDAR = "/api/v1/birthdays/calendar.ics"
LIST_PATHS = ["/api/v1/birthdays/today", "/api/v1/birthdays/upcoming"]


def today() -> date:
    return datetime.now(UTC).date()


def save_birthday(client: httpx.Client, name: str, born: object) -> httpx.Response:
    return client.put(f"/hello/{name}", json={"dateOfBirth": born})


def born(in_days: int, year: int = 1996) -> str:
    """1996 is a leap year, so that every day of this year existed then."""
    return (today() + timedelta(in_days)).replace(year=year).isoformat()
