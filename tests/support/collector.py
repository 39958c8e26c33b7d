"""A collector of traces in this process: it takes OTLP over HTTP, as Jaeger does, and keeps the spans."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.support.http.threaded import receiving
from tests.support.polling import until

KINDS = {
    Message.SPAN_KIND_SERVER: "server",
    Message.SPAN_KIND_CLIENT: "client",
    Message.SPAN_KIND_PRODUCER: "producer",
    Message.SPAN_KIND_CONSUMER: "consumer",
}


@dataclass(frozen=True, slots=True)
class Span:
    """One span as it was exported; ids in hexadecimal digits."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    is_error: bool
    attributes: Mapping[str, str]
    links: Sequence[str] = ()
    text: str = field(default="", repr=False)
    """All that it says, so that a test can look for what must not be there."""


@dataclass(slots=True)
class Collector:
    url: str = ""
    is_going: Event = field(default_factory=Event)
    spans: list[Span] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def receive(self, headers: Mapping[str, str], body: bytes) -> None:
        """Hang while `is_going` is not set, as a collector does whose disk is full."""
        self.is_going.wait()
        self.headers.append(headers)
        self.spans.extend(spans_of(ExportTraceServiceRequest.FromString(body)))

    def of(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans if span.trace_id == trace_id]

    def wait_for(self, trace_id: str, is_whole: Callable[[Sequence[Span]], object]) -> list[Span]:
        until(lambda: bool(is_whole(self.of(trace_id))))
        return self.of(trace_id)


@contextmanager
def open_collector() -> Iterator[Collector]:
    collector = Collector()
    collector.is_going.set()
    with receiving(collector.receive) as collector.url:
        try:
            yield collector
        finally:
            collector.is_going.set()


def spans_of(request: ExportTraceServiceRequest) -> list[Span]:
    return [
        span_of(texts(resource.resource.attributes)["service.name"], span)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def span_of(service: str, span: Message) -> Span:
    return Span(
        service=service,
        name=span.name,
        kind=KINDS.get(span.kind, "internal"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        is_error=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=texts(span.attributes),
        links=[link.trace_id.hex() for link in span.links],
        text=str(span),
    )


def texts(attributes: Sequence[KeyValue]) -> dict[str, str]:
    return {one.key: text_of(one.value) for one in attributes}


def text_of(value: AnyValue) -> str:
    return str(getattr(value, value.WhichOneof("value") or "string_value"))
