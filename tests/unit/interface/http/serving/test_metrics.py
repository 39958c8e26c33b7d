"""Measurements of requests: one for each, under the route's template, with the trace as exemplar."""

from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import CollectorRegistry

from hello.bootstrap.processes import http_app
from hello.core.settings import Settings
from hello.core.shutdown import ShutdownSignal
from hello.core.traces import traced
from hello.interface.http.serving.exposition import exposition
from hello.interface.http.serving.metrics import HttpMetrics, http_metrics

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = http_app(Settings(database_url=None), ShutdownSignal(), CollectorRegistry()).asgi
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hello") as client:
        yield client


@pytest.fixture
def metrics() -> HttpMetrics:
    return http_metrics(CollectorRegistry())


def exposed(metrics: HttpMetrics, accept: str = OPENMETRICS) -> str:
    return exposition(metrics.registry, accept)[0].decode()


@pytest.mark.parametrize(
    ("method", "path", "label"),
    [
        ("GET", "/api/v1/health", 'method="GET",route="/api/v1/health",status="200"'),
        ("HEAD", "/api/v1/health", 'method="HEAD",route="/api/v1/health",status="200"'),
        ("GET", "/ada", 'method="GET",route="unmatched",status="404"'),
        ("BREW", "/api/v1/health", 'method="OTHER",route="/api/v1/health",status="405"'),
    ],
)
async def test_request_is_measured_once_under_its_route(
    client: httpx.AsyncClient, method: str, path: str, label: str
) -> None:
    await client.request(method, path)
    lines = (await client.get("/metrics")).text.splitlines()
    counts = [
        line
        for line in lines
        if line.startswith("http_request_duration_seconds_count") and not line.endswith(" 0.0")
    ]
    assert counts == [f"http_request_duration_seconds_count{{{label}}} 1.0"]


async def test_metrics_are_openmetrics_for_clients_that_prefer_it(client: httpx.AsyncClient) -> None:
    text, openmetrics = [await client.get("/metrics", headers={"Accept": a}) for a in ("*/*", OPENMETRICS)]
    assert text.headers["Content-Type"].startswith("text/plain")
    assert openmetrics.headers["Content-Type"].startswith("application/openmetrics-text")
    assert openmetrics.text.endswith("# EOF\n")


@pytest.mark.parametrize(("flags", "is_sampled"), [("01", True), ("03", True), ("00", False)])
def test_exemplar_is_the_trace_if_it_is_sampled(
    metrics: HttpMetrics, flags: str, *, is_sampled: bool
) -> None:
    with traced(TRACEPARENT + flags):
        metrics.observe("GET", "/", 200, 0.2)
    assert (f'# {{trace_id="{TRACE_ID}"}} 0.2' in exposed(metrics)) == is_sampled


def test_request_without_a_trace_has_no_exemplar(metrics: HttpMetrics) -> None:
    metrics.observe("GET", "/", 200, 0.2)
    assert "trace_id" not in exposed(metrics)


def test_refusals_begin_at_zero_so_that_the_first_is_a_rise(metrics: HttpMetrics) -> None:
    for reason in ("full", "busy", "overloaded"):
        assert f'http_requests_refused_total{{reason="{reason}"}} 0.0' in exposed(metrics)
    metrics.refuse("busy")
    assert 'http_requests_refused_total{reason="busy"} 1.0' in exposed(metrics)
