"""Dates as people and programs write them."""

import re
from datetime import date

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_date(text: object) -> date:
    """Take exactly `YYYY-MM-DD`, else raise `ValueError`; pydantic's dates also take numbers and times."""
    if not isinstance(text, str) or DATE.fullmatch(text) is None:
        raise ValueError("must be a date written YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a day that exists") from None
