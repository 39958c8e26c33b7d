"""The status page: sentences, durations and what this process has measured."""

import pytest
from prometheus_client import CollectorRegistry

from hello.interface.http.serving.metrics import HttpMetrics, http_metrics
from hello.interface.web.details import details_text, duration_text
from hello.interface.web.objectives import shown_objectives
from hello.interface.web.routers.status import sentence
from hello.services.health import Check, Health, Readiness


@pytest.fixture
def metrics() -> HttpMetrics:
    return http_metrics(CollectorRegistry())


def report(status: Readiness, **up: bool) -> Health:
    checks = [
        Check(name=name, required=name == "database", up=is_up, latency_ms=1) for name, is_up in up.items()
    ]
    return Health(status=status, checks=checks)


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        (report(Readiness.READY, database=True, cache=True), "Everything works."),
        (report(Readiness.DEGRADED, database=True, cache=False), "Works, but without the cache."),
        (
            report(Readiness.DEGRADED, database=True, cache=False, broker=False, search=False),
            "Works, but without the cache, the message broker and the search engine.",
        ),
        (
            report(Readiness.UNREADY, database=False, cache=False),
            "Not available: the database cannot be used.",
        ),
        (report(Readiness.UNREADY, database=True), "Not available: this process is shutting down."),
    ],
)
def test_state_is_said_in_a_sentence(health: Health, expected: str) -> None:
    assert sentence(health) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0.0 s"), (0.49, "0.4 s"), (12.9, "12 s"), (119, "119 s"), (180, "3 min"), (2e5, "2 d")],
)
def test_duration_is_rounded_down(seconds: float, expected: str) -> None:
    assert duration_text(seconds) == expected


def test_change_is_shown_from_before_to_after() -> None:
    details = {"price_cents": {"from": 1999, "to": None}, "by": "account"}
    assert details_text(details) == [("price cents", "1999 → nothing"), ("by", "account")]


def test_objectives_without_requests_are_neither_met_nor_missed(metrics: HttpMetrics) -> None:
    assert {one.is_met for one in shown_objectives(metrics)} == {None}


def test_faults_and_refusals_miss_the_availability(metrics: HttpMetrics) -> None:
    for _ in range(98):
        metrics.observe("GET", "/hello/{username}", 200, 0.001)
    metrics.observe("GET", "/hello/{username}", 500, 0.001)
    for route in ("/api/v1/health/ready", "/status"):
        metrics.observe("GET", route, 503, 0.001)
    metrics.refuse("busy")
    availability, latency, *_ = shown_objectives(metrics)
    assert availability.measured
    assert (availability.measured.good, availability.measured.total) == (98, 100)
    assert availability.is_met is False
    assert latency.is_met is True


def test_slow_greetings_miss_the_latency(metrics: HttpMetrics) -> None:
    metrics.observe("GET", "/hello/{username}", 200, 0.06)
    metrics.observe("GET", "/api/v1/items", 200, 0.001)
    _, latency, *_ = shown_objectives(metrics)
    assert latency.measured
    assert (latency.measured.good, latency.measured.total) == (0, 1)
