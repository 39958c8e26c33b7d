"""What every schema needs: texts that can be stored, and ids."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field

UUID_FORM = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def storable(text: str) -> str:
    """Raise `ValueError` for NUL, which PostgreSQL does not store, and for what UTF-8 cannot say."""
    if "\0" in text:
        raise ValueError("must not contain NUL")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("must not contain a lone surrogate")
    return text


def canonical(value: object) -> object:
    """Raise `ValueError` for the other forms that Python takes for a UUID: braces, `urn:`, no hyphens."""
    if isinstance(value, str) and UUID_FORM.fullmatch(value) is None:
        raise ValueError("must be a UUID such as 0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f")
    return value


Storable = Annotated[str, AfterValidator(storable), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
Id = Annotated[UUID, BeforeValidator(canonical)]
NotEmpty = Annotated[str, Field(min_length=1)]
