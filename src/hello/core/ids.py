"""Identifiers: UUIDs of entities, and the ids of requests."""

import re
from collections.abc import Callable
from itertools import count
from secrets import token_hex
from typing import TypeAlias
from uuid import UUID

NewId: TypeAlias = Callable[[], str]
NewUuid: TypeAlias = Callable[[], UUID]
WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,128}")


def request_ids() -> NewId:
    """Return a generator of ids that are unique across processes: a random prefix and a counter."""
    prefix, numbers = token_hex(8), count(1)
    return lambda: f"{prefix}-{next(numbers):08x}"


def well_formed(request_id: bytes) -> bool:
    return WELL_FORMED.fullmatch(request_id) is not None
