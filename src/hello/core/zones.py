"""Time zones by their IANA names."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones


@cache
def known_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """Raise `ValueError` for a name that the IANA time zone database does not have."""
    if name not in known_names():
        raise ValueError("unknown time zone")
    return ZoneInfo(name)
