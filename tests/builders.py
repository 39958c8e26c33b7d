"""Things for tests; only what a test cares about needs to be said."""

from datetime import UTC, date, datetime
from random import SystemRandom
from string import ascii_letters

from hello.entities.people import Person

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = NOON.date()


def a_name() -> str:
    """Return a name that no other test uses: tests share a database, and it outlives them."""
    return "".join(SystemRandom().choices(ascii_letters, k=20))


def a_person(username: str | None = None, born: date = date(1990, 5, 17)) -> Person:
    return Person(username=username or a_name(), date_of_birth=born)
