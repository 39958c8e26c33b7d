"""Which trace the work at hand belongs to (W3C Trace Context): what it brings about belongs to it too."""

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
    """Belong to this trace during the block, to none when it is not well formed."""
    token = CURRENT.set(traceparent if traceparent and TRACEPARENT.fullmatch(traceparent) else None)
    try:
        yield
    finally:
        CURRENT.reset(token)
