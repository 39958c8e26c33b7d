"""What every schema needs: texts that can be stored, ids, and how much of a list."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, Field

UUID_FORM = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MAX_SKIP = 1_000_000


def without_nul(text: str) -> str:
    """Raise `ValueError` for the one character that PostgreSQL does not store."""
    if "\0" in text:
        raise ValueError("must not contain NUL")
    return text


def canonical(value: object) -> object:
    """Raise `ValueError` for the other forms that Python takes for a UUID: braces, `urn:`, no hyphens."""
    if isinstance(value, str) and UUID_FORM.fullmatch(value) is None:
        raise ValueError("must be a UUID such as 0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f")
    return value


Storable = Annotated[str, AfterValidator(without_nul), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
Id = Annotated[UUID, BeforeValidator(canonical)]
Skip = Annotated[int, Query(ge=0, le=MAX_SKIP, description="How many to pass over")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many at most")]
