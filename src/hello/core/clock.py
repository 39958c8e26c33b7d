"""The clock, always handed in, so that tests can choose the time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


def today(clock: Clock, zone: tzinfo) -> date:
    """Return the calendar day that it is in `zone`."""
    return clock().astimezone(zone).date()


def rfc3339(moment: datetime) -> str:
    """Return the text of a moment, in UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
