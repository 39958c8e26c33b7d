"""Prometheus metrics of published and consumed events."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from hello.connectors.brokers.stream_trimming import Trimmed
from hello.connectors.metrics import live_gauge

EVENT_LAG_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


@dataclass(frozen=True, slots=True)
class RelayCounts:
    events: Counter
    tries: Counter
    lag_s: Gauge
    depth: Gauge
    blocked_s: Gauge
    full: Gauge
    stream_bytes: Gauge
    stream_dropped: Counter

    def published(self, event_type: str) -> None:
        self.events.labels(event_type).inc()

    def tried(self, *, is_confirmed: bool) -> None:
        self.tries.labels("confirmed" if is_confirmed else "failed").inc()

    def backlog(self, lag_s: float, depth: int) -> None:
        self.lag_s.set(lag_s)
        self.depth.set(depth)
        if not depth:
            self.full.set(0)

    def blocked(self, seconds: float) -> None:
        self.blocked_s.set(seconds)

    def trimmed(self, trimmed: Trimmed) -> None:
        self.stream_bytes.set(trimmed.size)
        self.stream_dropped.inc(trimmed.dropped)


@dataclass(frozen=True, slots=True)
class ConsumerCounts:
    events: Counter
    up: Gauge
    lag: Histogram

    def counted(self, consumer: str, outcome: str) -> None:
        self.events.labels(consumer, outcome).inc()

    def lagged(self, consumer: str, seconds: float) -> None:
        """Take a clock that is behind the other's for one that agrees."""
        self.lag.labels(consumer).observe(max(seconds, 0))

    def connected(self, consumer: str, *, is_up: bool) -> None:
        self.up.labels(consumer).set(is_up)


def relay_counts(registry: CollectorRegistry) -> RelayCounts:
    return RelayCounts(
        events=Counter("events_published", "Events that the broker confirmed.", ("type",), registry=registry),
        tries=Counter(
            "events_publish_tries",
            "Attempts to publish an event: confirmed, failed.",
            ("outcome",),
            registry=registry,
        ),
        lag_s=live_gauge(registry, "events_outbox_lag_seconds", "Age of the oldest unpublished event."),
        depth=live_gauge(
            registry, "events_outbox_depth", "Unpublished rows of the outbox, counted up to 10,000."
        ),
        blocked_s=live_gauge(
            registry,
            "events_outbox_blocked_seconds",
            "How long a database session has blocked relays from the outbox; 0 if none does.",
        ),
        full=live_gauge(registry, "events_broker_full", "1 while the broker has no room for events."),
        stream_bytes=live_gauge(
            registry,
            "events_stream_bytes",
            "Memory usage of the Redis stream at the last measurement.",
            mode="livemostrecent",
        ),
        stream_dropped=Counter(
            "events_stream_dropped",
            "Events dropped from a full Redis stream before foreign consumer groups confirmed them.",
            registry=registry,
        ),
    )


def consumer_counts(registry: CollectorRegistry) -> ConsumerCounts:
    return ConsumerCounts(
        events=Counter(
            "events_consumed",
            "Deliveries and their attempts: handled, repeated, passed, failed, dead, unreadable.",
            ("consumer", "outcome"),
            registry=registry,
        ),
        up=live_gauge(
            registry,
            "events_consumer_up",
            "0 while the consumer has no connection to the broker.",
            "consumer",
        ),
        lag=Histogram(
            "events_lag_seconds",
            "Time from an event to its effect.",
            ("consumer",),
            buckets=EVENT_LAG_S,
            registry=registry,
        ),
    )
