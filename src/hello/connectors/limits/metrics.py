"""Prometheus metrics of the rate limits."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

from hello.connectors.metrics import live_gauge


@dataclass(frozen=True, slots=True)
class LimitMetrics:
    requests: Counter
    errors: Counter
    breaker_open: Gauge

    def counted(self, group: str, *, is_refused: bool) -> None:
        self.requests.labels(group, "refused" if is_refused else "allowed").inc()

    def failed(self, *, is_open: bool) -> None:
        self.errors.inc()
        self.breaker_open.set(is_open)

    def succeeded(self) -> None:
        self.breaker_open.set(0)


def limit_metrics(registry: CollectorRegistry) -> LimitMetrics:
    return LimitMetrics(
        requests=Counter(
            "rate_limit_requests",
            "Requests checked against a limit: allowed, refused.",
            ("group", "outcome"),
            registry=registry,
        ),
        errors=Counter("rate_limit_errors", "Failed calls to Redis.", registry=registry),
        breaker_open=live_gauge(
            registry,
            "rate_limit_breaker_open",
            "1 while the breaker rejects calls to Redis and each process counts alone.",
        ),
    )
