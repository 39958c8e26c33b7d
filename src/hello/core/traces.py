"""The current trace (W3C Trace Context), which events and messages carry on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
SAMPLED = 1
CURRENT: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_traceparent() -> str | None:
    return CURRENT.get()


def sampled_trace_id(traceparent: str | None) -> str | None:
    """Return the id of the trace if its spans are recorded."""
    if traceparent is None or not int(traceparent[-2:], 16) & SAMPLED:
        return None
    return traceparent[3:35]


@contextmanager
def traced(traceparent: str | None) -> Iterator[None]:
    """Make this the current trace during the block; ignore a malformed one."""
    token = CURRENT.set(traceparent if traceparent and TRACEPARENT.fullmatch(traceparent) else None)
    try:
        yield
    finally:
        CURRENT.reset(token)
