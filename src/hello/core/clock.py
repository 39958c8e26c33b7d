"""The clock, which callers inject so that tests can choose the time, and time zones."""

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import TypeAlias
from zoneinfo import ZoneInfo, available_timezones

Clock: TypeAlias = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


def today(clock: Clock, zone: tzinfo) -> date:
    """Return the current calendar day in `zone`."""
    return clock().astimezone(zone).date()


def time_zone(name: str) -> ZoneInfo:
    """Raise `ValueError` for a name that is not in the IANA time zone database."""
    if name not in zone_names():
        raise ValueError("unknown time zone")
    return ZoneInfo(name)


@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def rfc3339(moment: datetime) -> str:
    """Return the RFC 3339 text of a moment, in UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
