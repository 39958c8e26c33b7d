"""The tracer on OpenTelemetry's SDK: traces begin with requests, and go on where the caller's is sampled."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)
from opentelemetry.util.types import Attributes as OpenAttributes

from hello.core.traces import Attributes, Kind, is_sampled, traced, well_formed

NAME = "hello"
MAX_LINKS = 100
KINDS = {
    Kind.INTERNAL: SpanKind.INTERNAL,
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.PRODUCER: SpanKind.PRODUCER,
    Kind.CONSUMER: SpanKind.CONSUMER,
}


class RequestsOnly(Sampler):
    """Traces begin with requests that `OpenTracer` has chosen, never with a query that a task repeats."""

    def should_sample(  # noqa: PLR0913, PLR0917  # OpenTelemetry's own
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: OpenAttributes = None,
        links: Sequence[Link] | None = None,
        trace_state: trace.TraceState | None = None,  # noqa: ARG002
    ) -> SamplingResult:
        sampler = ALWAYS_ON if kind is SpanKind.SERVER else ALWAYS_OFF
        return sampler.should_sample(parent_context, trace_id, name, kind, attributes, links)

    def get_description(self) -> str:
        return "requests only"


SAMPLER = ParentBased(RequestsOnly())


@dataclass(frozen=True, slots=True)
class OpenRequestSpan:
    span: Span

    @contextmanager
    def active(self) -> Iterator[None]:
        with current(self.span):
            yield

    def answered(self, method: str, route: str, status: int) -> None:
        """Name the span, which has begun before the route was known."""
        self.span.update_name(f"{method} {route}")
        self.span.set_attribute("http.request.method", method)
        self.span.set_attribute("http.route", route)
        self.span.set_attribute("http.response.status_code", status)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.span.set_attribute("error.type", str(status))
            self.span.set_status(Status(StatusCode.ERROR))
        self.span.end()


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A request whose caller does not record its trace: it is in logs and messages, and has no span."""

    traceparent: str

    def active(self) -> AbstractContextManager[None]:
        return traced(self.traceparent)

    def answered(self, method: str, route: str, status: int) -> None:
        """Record nothing."""


@dataclass(slots=True)
class OpenTracer:
    """`sample` is the share of requests without a trace of the caller's that begin one.

    This decides before the SDK is asked: the SDK takes longer for a request that is not sampled than the fast
    path for its answer.
    """

    provider: TracerProvider
    sample: float
    random: Callable[[], float]
    _tracer: trace.Tracer = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._tracer = self.provider.get_tracer(NAME)

    def start_request(self, traceparent: str | None, at: float) -> OpenRequestSpan | PassedOn | None:
        parent = well_formed(traceparent)
        if parent and not is_sampled(parent):
            return PassedOn(parent)
        if parent is None and self.random() >= self.sample:
            return None
        context = context_of(parent) if parent else Context()
        span = self._tracer.start_span("request", context, SpanKind.SERVER, start_time=round(at * 1e9))
        return OpenRequestSpan(span)

    @contextmanager
    def span(
        self,
        name: str,
        kind: Kind,
        parent: str | None,
        attributes: Attributes,
        links: Sequence[str] = (),
    ) -> Iterator[None]:
        parent = well_formed(parent)
        if not is_sampled(parent):
            with traced(parent):
                yield
            return
        others = [Link(span_context_of(link)) for link in links[:MAX_LINKS]]
        span = self._tracer.start_span(name, context_of(parent), KINDS[kind], dict(attributes), others)
        try:
            with current(span):
                yield
        except BaseException as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            span.end()


@contextmanager
def current(span: Span) -> Iterator[None]:
    """Make it the current span here, in logs and in outgoing messages, and in OpenTelemetry's packages.

    Do not record exceptions: their texts hold what people have sent.
    """
    with (
        trace.use_span(span, record_exception=False, set_status_on_exception=False),
        traced(traceparent_of(span)),
    ):
        yield


def traceparent_of(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def context_of(traceparent: str) -> Context:
    return trace.set_span_in_context(NonRecordingSpan(span_context_of(traceparent)), Context())


def span_context_of(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )
