"""A tracer that remembers its spans, and traces to begin with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from hello.core.traces import Attributes, Kind, is_sampled, traced, well_formed

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
RECORDED = f"00-{TRACE_ID}-b7ad6b7169203331-01"
SILENT = f"00-{TRACE_ID}-b7ad6b7169203331-00"


def another(number: int) -> str:
    """Return the trace of another caller, who records it."""
    return f"00-{number:032x}-b7ad6b7169203331-01"


@dataclass(frozen=True, slots=True)
class TwinSpan:
    name: str
    kind: str
    traceparent: str
    parent: str | None
    attributes: Attributes = field(default_factory=dict)
    links: Sequence[str] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class TwinRequestSpan:
    tracer: "TwinTracer"
    traceparent: str
    parent: str | None

    @contextmanager
    def active(self) -> Iterator[None]:
        with traced(self.traceparent):
            yield

    def answered(self, method: str, route: str, status: int) -> None:
        if is_sampled(self.traceparent):
            about: Attributes = {"http.response.status_code": status}
            span = TwinSpan(f"{method} {route}", "server", self.traceparent, self.parent, about)
            self.tracer.spans.append(span)


@dataclass
class TwinTracer:
    """Samples every request, or none that no caller records."""

    samples: bool = True
    spans: list[TwinSpan] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def start_request(self, traceparent: str | None, at: float) -> TwinRequestSpan | None:  # noqa: ARG002
        parent = well_formed(traceparent)
        if parent and not is_sampled(parent):
            return TwinRequestSpan(self, parent, parent)
        return TwinRequestSpan(self, self._new(parent), parent) if parent or self.samples else None

    @contextmanager
    def span(
        self, name: str, kind: Kind, parent: str | None, attributes: Attributes, links: Sequence[str] = ()
    ) -> Iterator[None]:
        parent = well_formed(parent)
        if not is_sampled(parent):
            with traced(parent):
                yield
            return
        traceparent, error = self._new(parent), None
        try:
            with traced(traceparent):
                yield
        except BaseException as raised:
            error = type(raised).__qualname__
            raise
        finally:
            self.spans.append(
                TwinSpan(name, kind.name.lower(), traceparent, parent, attributes, links, error)
            )

    def _new(self, parent: str | None) -> str:
        number = next(self.numbers)
        trace_id = parent.split("-")[1] if parent else f"{number:032x}"
        return f"00-{trace_id}-{number:016x}-01"
