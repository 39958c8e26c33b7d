"""The current trace (W3C Trace Context), which events and messages carry on, and the port of a tracer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from enum import Enum, auto
from typing import Protocol, TypeAlias, TypeGuard

TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
CURRENT: ContextVar[str | None] = ContextVar("traceparent", default=None)
Attributes: TypeAlias = Mapping[str, str | int]


class Kind(Enum):
    """What a span stands for: work within the process, a call of another server, or a message."""

    INTERNAL = auto()
    CLIENT = auto()
    PRODUCER = auto()
    CONSUMER = auto()


class RequestSpan(Protocol):
    """The span of one HTTP request."""

    def active(self) -> AbstractContextManager[None]:
        """Make it the current trace during the block."""
        ...

    def answered(self, method: str, route: str, status: int) -> None:
        """End the span; `route` is the path's template."""
        ...


class Tracer(Protocol):
    """Makes spans, in which no personal data may be: no parameters, no names, no paths."""

    def start_request(self, traceparent: str | None, at: float) -> RequestSpan | None:
        """Return None for a request that no trace is of; `at` in seconds since 1970."""
        ...

    def span(
        self,
        name: str,
        kind: Kind,
        parent: str | None,
        attributes: Attributes,
        links: Sequence[str] = (),
    ) -> AbstractContextManager[None]:
        """Make the block a span, and the current trace, if its parent is sampled.

        Else make the parent the current trace. `links` are the other traces that the block works for.
        """
        ...


class NoTracer:
    """Makes no spans, and passes traces on."""

    def start_request(self, traceparent: str | None, at: float) -> None:
        """Sample nothing."""

    def span(
        self,
        name: str,  # noqa: ARG002
        kind: Kind,  # noqa: ARG002
        parent: str | None,
        attributes: Attributes,  # noqa: ARG002
        links: Sequence[str] = (),  # noqa: ARG002
    ) -> AbstractContextManager[None]:
        return traced(parent)


def current_traceparent() -> str | None:
    return CURRENT.get()


def trace_id_of(traceparent: str | None) -> str | None:
    """Return the trace's id, by which logs and traces are joined."""
    return traceparent[3:35] if traceparent else None


def is_sampled(traceparent: str | None) -> TypeGuard[str]:
    """Say whether the caller records this trace; the last flag means so."""
    return traceparent is not None and int(traceparent[-2:], 16) & 1 == 1


@contextmanager
def traced(traceparent: str | None) -> Iterator[None]:
    """Make this the current trace during the block; ignore a malformed one."""
    token = CURRENT.set(well_formed(traceparent))
    try:
        yield
    finally:
        CURRENT.reset(token)


def well_formed(traceparent: str | None) -> str | None:
    return traceparent if traceparent and TRACEPARENT.fullmatch(traceparent) else None
