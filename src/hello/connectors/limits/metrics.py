"""Prometheus metrics of the rate limits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge

from hello.connectors.metrics import live_gauge


class Series(NamedTuple):
    """The series of one group; finding one by its labels takes longer than counting a hit."""

    allowed: Counter
    refused: Counter


@dataclass(frozen=True, slots=True)
class LimitMetrics:
    requests: Mapping[str, Series]
    errors: Counter
    breaker_open: Gauge

    def counted(self, group: str, *, is_refused: bool) -> None:
        series = self.requests[group]
        (series.refused if is_refused else series.allowed).inc()

    def failed(self, *, is_open: bool) -> None:
        self.errors.inc()
        self.breaker_open.set(is_open)

    def succeeded(self) -> None:
        self.breaker_open.set(0)


def limit_metrics(registry: CollectorRegistry, groups: Iterable[str]) -> LimitMetrics:
    requests = Counter(
        "rate_limit_requests",
        "Requests checked against a limit: allowed, refused.",
        ("group", "outcome"),
        registry=registry,
    )
    return LimitMetrics(
        requests={
            group: Series(requests.labels(group, "allowed"), requests.labels(group, "refused"))
            for group in groups
        },
        errors=Counter("rate_limit_errors", "Failed calls to Redis.", registry=registry),
        breaker_open=live_gauge(
            registry,
            "rate_limit_breaker_open",
            "1 while the breaker rejects calls to Redis and each process counts alone.",
        ),
    )
