"""Exports spans from a thread, without the texts of errors, and drops them while the collector is away."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import random
from threading import Thread

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from hello.connectors.telemetry.tracer import SAMPLER, OpenTracer
from hello.core.logs import RateLimitedLog

QUEUE, BATCH, EVERY_MS = 4096, 512, 1000
EXPORT_TIMEOUT_S, FLUSH_S, RETRY_S = 5.0, 3.0, 0.5
MAX_TEXT = 2000
"""Letters of an attribute: a statement with a thousand rows is longer."""
ERROR_TEXTS = {"exception.message", "exception.stacktrace"}
log = structlog.get_logger("hello.tracing")


def outage_log() -> RateLimitedLog:
    return RateLimitedLog(logger=log, every_s=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingOptions:
    """`endpoint` is the base URL of a collector that takes OTLP over HTTP."""

    endpoint: str
    service: str
    version: str
    sample: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class DiscreetExporter(SpanExporter):
    """Leaves out the texts of errors, which may quote values, and logs a failure once a minute."""

    exporter: SpanExporter
    outages: RateLimitedLog = field(default_factory=outage_log)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self.exporter.export([without_texts(span) for span in spans])
        if result is not SpanExportResult.SUCCESS:
            self.outages.warning("spans are dropped", "the collector of OTEL_EXPORTER_OTLP_ENDPOINT fails")
        return result

    def shutdown(self) -> None:
        self.exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self.exporter.force_flush(timeout_millis)


def without_texts(span: ReadableSpan) -> ReadableSpan:
    """Keep the status and the types of errors."""
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[without_text(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def without_text(event: Event) -> Event:
    attributes = {name: value for name, value in (event.attributes or {}).items() if name not in ERROR_TEXTS}
    return Event(event.name, attributes, event.timestamp)


class QueueLog(logging.Handler):
    """Takes what OpenTelemetry logs, each failure with its traceback, and keeps that the queue is full."""

    def __init__(self, outages: RateLimitedLog) -> None:
        super().__init__()
        self.outages = outages

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith("Queue full"):
            self.outages.warning("spans are dropped", "the collector is too slow")


@contextmanager
def quiet(outages: RateLimitedLog) -> Iterator[None]:
    logger, handler = logging.getLogger("opentelemetry"), QueueLog(outages)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = True


@contextmanager
def open_tracer(options: TracingOptions) -> Iterator[OpenTracer]:
    """Export what is left at the end, for `FLUSH_S` at most."""
    outages = outage_log()
    exporter = OTLPSpanExporter(
        f"{options.endpoint}/v1/traces", headers=dict(options.headers), timeout=EXPORT_TIMEOUT_S
    )
    processor = BatchSpanProcessor(
        DiscreetExporter(exporter, outages),
        max_queue_size=QUEUE,
        schedule_delay_millis=EVERY_MS,
        max_export_batch_size=BATCH,
    )
    provider = provider_of(options)
    provider.add_span_processor(processor)
    with quiet(outages):
        try:
            yield OpenTracer(provider, options.sample, random)
        finally:
            flush = Thread(target=provider.shutdown, daemon=True)
            flush.start()
            flush.join(FLUSH_S)
            exporter.shutdown()  # type: ignore[no-untyped-call]  # ends its retries, and with them the thread
            flush.join(RETRY_S)


def provider_of(options: TracingOptions) -> TracerProvider:
    names = {"service.name": options.service, "service.version": options.version}
    return TracerProvider(
        sampler=SAMPLER,
        resource=Resource.create(names),
        span_limits=SpanLimits(max_span_attribute_length=MAX_TEXT),
        shutdown_on_exit=False,
    )
