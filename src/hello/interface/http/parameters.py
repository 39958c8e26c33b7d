"""Query parameters that several routes share."""

import re
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, Field

from hello.interface.http.schemas.texts import NotEmpty

WHOLE = re.compile(r"-?[0-9]{1,20}")
MAX_SKIP, MAX_LIMIT = 1_000_000, 100
DEFAULT_DAYS, MAX_DAYS = 7, 366


def whole(value: object) -> object:
    """Raise `ValueError` for what only Python takes for a number, such as `1_0`."""
    if isinstance(value, str) and WHOLE.fullmatch(value) is None:
        raise ValueError("must be a whole number")
    return value


# The bounds come before the validator: after it, JSON Schema would lose them.
Skip = Annotated[
    int, Field(ge=0, le=MAX_SKIP), BeforeValidator(whole), Query(description="How many to pass over")
]
Limit = Annotated[
    int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(whole), Query(description="How many at most")
]
Days = Annotated[
    int, Field(ge=1, le=MAX_DAYS), BeforeValidator(whole), Query(description="How many days to look ahead")
]
Cursor = Annotated[NotEmpty | None, Query(description="`next_cursor` of the previous page")]
