"""What is exported, and what a collector that is away costs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.testing import capture_logs

from hello.connectors.telemetry.exporting import (
    MAX_TEXT,
    DiscreetExporter,
    TracingOptions,
    open_tracer,
    outage_log,
    provider_of,
)
from hello.connectors.telemetry.tracer import OpenTracer
from hello.core.traces import Kind, current_traceparent
from tests.support.collector import open_collector
from tests.support.polling import until
from tests.twins.traces import RECORDED, TRACE_ID

SECRET = "ada@example.com"  # noqa: S105
OPTIONS = TracingOptions(endpoint="http://127.0.0.1:9", service="hello-api", version="1.2", sample=1)
MINUTE_S = 60


@dataclass
class Away(SpanExporter):
    """A collector that cannot be reached."""

    exported: list[ReadableSpan] = field(default_factory=list)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.exported += spans
        return SpanExportResult.FAILURE


def test_texts_of_errors_are_left_out() -> None:
    """As OpenTelemetry's instrumentations record them: PostgreSQL quotes what is not unique."""
    memory, provider = InMemorySpanExporter(), provider_of(OPTIONS)
    provider.add_span_processor(SimpleSpanProcessor(DiscreetExporter(memory)))
    with OpenTracer(provider, 1, lambda: 0).span("work", Kind.INTERNAL, RECORDED, {"size": 2}):
        inner = provider.get_tracer("test").start_span("SELECT")
        inner.record_exception(ValueError(SECRET))
        inner.set_status(trace.Status(trace.StatusCode.ERROR, f"Key (email)=({SECRET})"))
        inner.end()
    query, work = memory.get_finished_spans()
    assert query.status.status_code is trace.StatusCode.ERROR
    assert dict(query.events[0].attributes or {})["exception.type"] == "ValueError"
    assert SECRET not in query.to_json()
    assert (work.name, dict(work.attributes or {})) == ("work", {"size": 2})
    assert query.parent == work.context
    assert work.resource.attributes["service.name"] == "hello-api"
    assert work.resource.attributes["service.version"] == "1.2"


def test_long_statements_are_cut() -> None:
    memory, provider = InMemorySpanExporter(), provider_of(OPTIONS)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    statement = {"db.query.text": "x" * 9999}
    with OpenTracer(provider, 1, lambda: 0).span("work", Kind.CLIENT, RECORDED, statement):
        pass
    [span] = memory.get_finished_spans()
    assert len(str((span.attributes or {})["db.query.text"])) == MAX_TEXT


def test_outage_is_logged_once_a_minute() -> None:
    now = 0.0
    outages = outage_log()
    outages.timer = lambda: now
    exporter = DiscreetExporter(Away(), outages)
    with capture_logs() as logs:
        for now in (0, 1, MINUTE_S - 1, MINUTE_S, MINUTE_S + 1):  # noqa: B007  # the timer reads it
            assert exporter.export([]) is SpanExportResult.FAILURE
    assert [(entry["event"], entry["left_out"]) for entry in logs] == [
        ("spans are dropped", 0),
        ("spans are dropped", 2),
    ]


def test_spans_are_exported_with_headers() -> None:
    with open_collector() as collector:
        options = TracingOptions(
            endpoint=collector.url, service="hello-api", version="1", sample=1, headers={"x-key": "sesame"}
        )
        with open_tracer(options) as tracer:
            request = tracer.start_request(RECORDED, time.time())
            assert request is not None
            request.answered("GET", "/", 200)
        assert [span.name for span in collector.of(TRACE_ID)] == ["GET /"]
        assert collector.headers[0]["x-key"] == "sesame"
    assert "sesame" not in repr(options)


def test_collector_that_hangs_delays_the_end_only_for_a_while() -> None:
    with open_collector() as collector:
        collector.is_going.clear()
        options = TracingOptions(endpoint=collector.url, service="hello-api", version="1", sample=1)
        with capture_logs() as logs, open_tracer(options) as tracer:
            for _ in range(10_000):
                with tracer.span("work", Kind.INTERNAL, RECORDED, {}):
                    assert current_traceparent() is not None
            start = time.monotonic()
        assert time.monotonic() - start < 5
        assert collector.spans == []
    assert {entry["event"] for entry in logs} == {"spans are dropped"}
    assert [entry["cause"] for entry in logs].count("the collector is too slow") == 1


def test_collector_that_returns_gets_spans_again() -> None:
    with open_collector() as collector:
        options = TracingOptions(endpoint=collector.url, service="hello-api", version="1", sample=1)
        with open_tracer(options) as tracer:
            collector.is_going.clear()
            with tracer.span("first", Kind.INTERNAL, RECORDED, {}):
                pass
            collector.is_going.set()
            with tracer.span("second", Kind.INTERNAL, RECORDED, {}):
                pass
            until(lambda: any(span.name == "second" for span in collector.spans))


@pytest.mark.parametrize("flag", ["00", "01"])
def test_background_queries_begin_no_trace(flag: str) -> None:
    memory, provider = InMemorySpanExporter(), provider_of(OPTIONS)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = OpenTracer(provider, 1, lambda: 0)
    with tracer.span("task", Kind.INTERNAL, f"{RECORDED[:-2]}{flag}", {}):
        provider.get_tracer("sql").start_span("SELECT", kind=trace.SpanKind.CLIENT).end()
    provider.get_tracer("sql").start_span("SELECT", kind=trace.SpanKind.CLIENT).end()
    assert len(memory.get_finished_spans()) == (2 if flag == "01" else 0)
