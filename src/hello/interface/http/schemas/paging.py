"""How much of a list is asked for."""

import re
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, Field

WHOLE = re.compile(r"-?[0-9]{1,20}")
MAX_SKIP = 1_000_000


def whole(value: object) -> object:
    """Raise `ValueError` for what only Python takes for a number, such as `1_0`."""
    if isinstance(value, str) and WHOLE.fullmatch(value) is None:
        raise ValueError("must be a whole number")
    return value


# The bounds stand inside: outside of a validator of our own, JSON Schema would lose them.
Skip = Annotated[
    int, Field(ge=0, le=MAX_SKIP), BeforeValidator(whole), Query(description="How many to pass over")
]
Limit = Annotated[int, Field(ge=1, le=100), BeforeValidator(whole), Query(description="How many at most")]
