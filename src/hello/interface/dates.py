"""Dates in requests and files."""

import re
from datetime import date

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_date(text: object) -> date:
    """Accept exactly `YYYY-MM-DD`; raise `ValueError`. Pydantic's dates also accept numbers and times."""
    if not isinstance(text, str) or DATE.fullmatch(text) is None:
        raise ValueError("must be a date written YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be an existing day") from None
