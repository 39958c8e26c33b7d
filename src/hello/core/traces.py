"""The current trace (W3C Trace Context), which events and messages carry on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
CURRENT: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_traceparent() -> str | None:
    return CURRENT.get()


@contextmanager
def traced(traceparent: str | None) -> Iterator[None]:
    """Make this the current trace during the block; ignore a malformed one."""
    token = CURRENT.set(traceparent if traceparent and TRACEPARENT.fullmatch(traceparent) else None)
    try:
        yield
    finally:
        CURRENT.reset(token)
