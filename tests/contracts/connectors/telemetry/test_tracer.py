"""The promises of a tracer, by the twin and by OpenTelemetry's SDK."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, StatusCode

from hello.connectors.telemetry.tracer import SAMPLER, OpenTracer, traceparent_of
from hello.core.traces import Kind, Tracer, current_traceparent, is_sampled, trace_id_of
from tests.twins.traces import RECORDED, SILENT, TRACE_ID, TwinSpan, TwinTracer, another

AT = 1_700_000_000.25
Spans = Callable[[], Sequence[TwinSpan]]


def twin(samples: bool) -> tuple[Tracer, Spans]:  # noqa: FBT001
    tracer = TwinTracer(samples)
    return tracer, lambda: tracer.spans


def real(samples: bool) -> tuple[Tracer, Spans]:  # noqa: FBT001
    exporter, provider = InMemorySpanExporter(), TracerProvider(sampler=SAMPLER)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = OpenTracer(provider, 0.5, lambda: 0.49 if samples else 0.5)
    return tracer, lambda: [as_twin(span) for span in exporter.get_finished_spans()]


def as_twin(span: ReadableSpan) -> TwinSpan:
    attributes = dict(span.attributes or {})
    return TwinSpan(
        name=span.name,
        kind=span.kind.name.lower(),
        traceparent=parts_of(span.get_span_context()),
        parent=parts_of(span.parent) if span.parent else None,
        attributes={key: value for key, value in attributes.items() if isinstance(value, str | int)},
        links=[parts_of(link.context) for link in span.links],
        error=str(attributes["error.type"]) if span.status.status_code is StatusCode.ERROR else None,
    )


def parts_of(context: SpanContext | None) -> str:
    assert context is not None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"


@pytest.fixture(params=[twin, real])
def make(request: pytest.FixtureRequest) -> Iterator[Callable[[bool], tuple[Tracer, Spans]]]:
    yield request.param
    assert current_traceparent() is None


Make = Callable[[bool], tuple[Tracer, Spans]]


def test_request_begins_a_trace_when_it_is_sampled(make: Make) -> None:
    tracer, spans = make(True)  # noqa: FBT003
    request = tracer.start_request(None, AT)
    assert request is not None
    with request.active():
        traceparent = current_traceparent()
    request.answered("GET", "/hello/{username}", 200)
    [span] = spans()
    assert (span.name, span.kind, span.parent) == ("GET /hello/{username}", "server", None)
    assert (trace_id_of(span.traceparent), span.attributes["http.response.status_code"]) == (
        trace_id_of(traceparent),
        200,
    )
    assert is_sampled(traceparent)


def test_request_without_a_trace_is_none_when_it_is_not_sampled(make: Make) -> None:
    tracer, spans = make(False)  # noqa: FBT003
    assert tracer.start_request(None, AT) is None
    assert tracer.start_request("nonsense", AT) is None
    assert list(spans()) == []


def test_caller_decides_about_the_own_trace(make: Make) -> None:
    tracer, spans = make(False)  # noqa: FBT003
    for traceparent in (RECORDED, SILENT):
        request = tracer.start_request(traceparent, AT)
        assert request is not None
        with request.active():
            assert trace_id_of(current_traceparent()) == TRACE_ID
            assert is_sampled(current_traceparent()) == is_sampled(traceparent)
        request.answered("GET", "/", 200)
    [span] = spans()
    assert span.parent == RECORDED


def test_span_is_the_current_trace_within_its_block(make: Make) -> None:
    tracer, spans = make(True)  # noqa: FBT003
    with tracer.span("outer", Kind.CONSUMER, RECORDED, {"a": 1}):
        outer = current_traceparent()
        with tracer.span("inner", Kind.CLIENT, outer, {"b": "2"}, [another(1), another(2)]):
            assert current_traceparent() not in (outer, RECORDED)
        assert current_traceparent() == outer
    inner, first = spans()
    assert (inner.name, inner.kind, inner.attributes) == ("inner", "client", {"b": "2"})
    assert list(inner.links) == [another(1), another(2)]
    assert (first.name, first.kind, first.attributes, first.parent) == (
        "outer",
        "consumer",
        {"a": 1},
        RECORDED,
    )
    assert inner.parent == first.traceparent


@pytest.mark.parametrize(("parent", "current"), [(None, None), (SILENT, SILENT), ("00-nonsense-01", None)])
def test_block_without_a_sampled_parent_is_no_span(
    make: Make, parent: str | None, current: str | None
) -> None:
    tracer, spans = make(True)  # noqa: FBT003
    with tracer.span("work", Kind.INTERNAL, parent, {}):
        assert current_traceparent() == current
    assert list(spans()) == []


def test_error_marks_the_span_by_its_type_only(make: Make) -> None:
    tracer, spans = make(True)  # noqa: FBT003
    with pytest.raises(KeyError), tracer.span("work", Kind.INTERNAL, RECORDED, {}):
        raise KeyError("ada@example.com")
    [span] = spans()
    assert span.error == "KeyError"
    assert "ada" not in repr(span)


def test_traceparent_of_the_sdk_is_well_formed() -> None:
    tracer, _ = real(samples=True)
    assert isinstance(tracer, OpenTracer)
    request = tracer.start_request(None, AT)
    assert request is not None
    with request.active():
        assert current_traceparent() is not None
    span = tracer.provider.get_tracer("test").start_span("alone")
    assert not is_sampled(traceparent_of(span)), "only requests begin traces"
