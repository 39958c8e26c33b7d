"""Metrics of HTTP requests and connections."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_fastapi_instrumentator.metrics import Info
from prometheus_fastapi_instrumentator.middleware import PrometheusInstrumentatorMiddleware
from starlette.requests import Request

from hello.core.clock import now
from hello.core.traces import current_traceparent, is_sampled, trace_id_of
from hello.interface.http.paths import route_of
from hello.interface.http.serving.refusals import BUSY, FULL, OVERLOADED

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
METHODS = {"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class HttpMetrics:
    """`route` is the path's template, `unmatched` for none: no name of a person, and few values.

    `since` is when the measuring began.
    """

    registry: CollectorRegistry
    duration: Histogram
    connections: Gauge
    closed: Counter
    refused: Counter
    since: datetime = field(default_factory=now)
    _children: dict[tuple[str, str, int], Histogram] = field(default_factory=dict)
    _refusals: dict[str, Counter] = field(default_factory=dict)

    def refuse(self, reason: str) -> None:
        """Look the child up once: `labels` costs more than all else of a refusal."""
        counter = self._refusals.get(reason)
        if counter is None:
            counter = self._refusals[reason] = self.refused.labels(reason)
        counter.inc()

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Measure one request; its trace, if it is sampled, becomes the exemplar."""
        child = self.child(method if method in METHODS else "OTHER", route, status)
        child.observe(seconds, exemplar_of(current_traceparent()))

    def child(self, method: str, route: str, status: int) -> Histogram:
        key = method, route, status
        histogram = self._children.get(key)
        if histogram is None:
            histogram = self._children[key] = self.duration.labels(*map(str, key))
        return histogram


def exemplar_of(traceparent: str | None) -> dict[str, str] | None:
    """Return the trace if it is sampled: only then is there something to be seen of it."""
    return {"trace_id": str(trace_id_of(traceparent))} if is_sampled(traceparent) else None


class MeasureRoutes(PrometheusInstrumentatorMiddleware):
    """Leaves the route to `record_route`: matching it here as well would double the router's work."""

    def _get_handler(self, request: Request) -> tuple[str, bool]:  # noqa: ARG002
        return "", True


def record_route(metrics: HttpMetrics) -> Callable[[Info], None]:
    """Return an instrumentation under the names that the fast path uses as well."""

    def record(info: Info) -> None:
        scope = info.request.scope
        method = "HEAD" if scope["state"].get("is_head") else info.method
        metrics.observe(method, route_of(scope), int(info.modified_status), info.modified_duration)

    return record


def http_metrics(registry: CollectorRegistry) -> HttpMetrics:
    duration = Histogram(
        "http_request_duration_seconds",
        "Time from the request's head to the end of its answer.",
        ("method", "route", "status"),
        buckets=SECONDS,
        registry=registry,
    )
    connections = Gauge(
        "connections", "Connections that are open.", registry=registry, multiprocess_mode="livesum"
    )
    closed = Counter(
        "connections_closed",
        "Connections closed: by the client (or as it asked), idle, too slow, too large, too many.",
        ("reason",),
        registry=registry,
    )
    refused = Counter(
        "http_requests_refused",
        "Requests answered 503 at once: full, busy, overloaded.",
        ("reason",),
        registry=registry,
    )
    for refusal in (FULL, BUSY, OVERLOADED):
        refused.labels(refusal.reason)  # begins at 0, so that the first refusal is a rise
    return HttpMetrics(registry, duration, connections, closed, refused)
