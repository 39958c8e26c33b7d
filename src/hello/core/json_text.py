"""JSON of what the database returns: UUIDs as text, and times as RFC 3339 with `Z`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a document whose times are in UTC; raise `TypeError` for a value that JSON does not have."""
    return orjson.dumps(document, default=text_of, option=orjson.OPT_UTC_Z)


def text_of(value: object) -> str:
    """Take what the driver makes of a UUID, a class of its own."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)
