"""Prometheus metrics of the cache."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

from hello.connectors.metrics import live_gauge


@dataclass(frozen=True, slots=True)
class CacheMetrics:
    requests: Counter
    fills: Counter
    errors: Counter
    breaker_open: Gauge

    def failed(self, *, is_open: bool) -> None:
        self.errors.inc()
        self.breaker_open.set(is_open)

    def succeeded(self) -> None:
        self.breaker_open.set(0)


def cache_metrics(registry: CollectorRegistry) -> CacheMetrics:
    return CacheMetrics(
        requests=Counter(
            "cache_requests", "Page requests: hit, miss, bypass.", ("outcome",), registry=registry
        ),
        fills=Counter("cache_fills", "Pages written to the cache.", registry=registry),
        errors=Counter("cache_errors", "Failed calls to Redis.", registry=registry),
        breaker_open=live_gauge(
            registry, "cache_breaker_open", "1 while the breaker rejects calls to Redis."
        ),
    )
