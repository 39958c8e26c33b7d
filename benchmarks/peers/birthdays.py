"""What the Python peers share: which names and dates there are, and the words of the greeting."""

import re
from datetime import UTC, date, datetime

NAME = re.compile("[A-Za-z]{1,100}")
DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_name(text: str) -> bool:
    return NAME.fullmatch(text) is not None


def born_before_today(text: object) -> date:
    """Raise `ValueError` unless it is a date, written YYYY-MM-DD, before today."""
    if not isinstance(text, str) or DATE.fullmatch(text) is None:
        raise ValueError("must be a date written YYYY-MM-DD")
    born = date.fromisoformat(text)
    if born >= today():
        raise ValueError("must be before today")
    return born


def today() -> date:
    return datetime.now(UTC).date()


def message(name: str, born: date) -> str:
    days = days_until_birthday(born, today())
    return f"Hello, {name}! " + (f"Your birthday is in {days} day(s)" if days else "Happy birthday!")


def days_until_birthday(born: date, now: date) -> int:
    following = celebration(born, now.year)
    if following < now:
        following = celebration(born, now.year + 1)
    return (following - now).days


def celebration(born: date, year: int) -> date:
    """Let those born on 29 February celebrate on 1 March of a common year."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
