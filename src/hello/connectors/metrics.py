"""Prometheus metrics of what services do: batches, events, background jobs, log-ins, moves of orders."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from hello.core.batching import Measure
from hello.entities.orders import OrderStatus
from hello.services.bus import DomainEvent

BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
BATCH_WAIT_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
LiveMode: TypeAlias = Literal["livemax", "livemin", "livemostrecent", "livesum"]


def live_gauge(
    registry: CollectorRegistry, name: str, documentation: str, *labels: str, mode: LiveMode = "livemax"
) -> Gauge:
    """Return a gauge that shows the processes that live; `mode` says which value, if they share a folder."""
    return Gauge(name, documentation, labels, registry=registry, multiprocess_mode=mode)


@dataclass(frozen=True, slots=True)
class DomainEventCounts:
    events: Counter
    failures: Counter

    async def heard(self, event: DomainEvent) -> None:
        self.events.labels(event.name).inc()

    def failed(self, event: DomainEvent) -> None:
        self.failures.labels(event.name).inc()


@dataclass(frozen=True, slots=True)
class BackgroundJobCounts:
    jobs: Counter

    def counted(self, job: str, outcome: str) -> None:
        self.jobs.labels(job, outcome).inc()


def domain_event_counts(registry: CollectorRegistry) -> DomainEventCounts:
    return DomainEventCounts(
        events=Counter("domain_events", "Domain events, after their commit.", ("event",), registry=registry),
        failures=Counter(
            "domain_event_failures",
            "Events that a listener failed to handle.",
            ("event",),
            registry=registry,
        ),
    )


def background_job_counts(registry: CollectorRegistry) -> BackgroundJobCounts:
    return BackgroundJobCounts(
        Counter(
            "background_jobs",
            "Background jobs after the response: done, retried, failed, refused, dropped.",
            ("job", "outcome"),
            registry=registry,
        )
    )


def batch_metrics(registry: CollectorRegistry) -> Callable[[str], Measure]:
    """Return what makes the `Measure` of the batches of one name."""
    sizes = Histogram("batch_size", "Keys in a batch.", ("batch",), buckets=BATCH_SIZES, registry=registry)
    waits = Histogram(
        "batch_wait_seconds",
        "How long the first caller of a batch waited for its answer.",
        ("batch",),
        buckets=BATCH_WAIT_S,
        registry=registry,
    )

    def measure_of(batch: str) -> Measure:
        size, wait = sizes.labels(batch), waits.labels(batch)

        def measure(keys: int, wait_s: float) -> None:
            size.observe(keys)
            wait.observe(wait_s)

        return measure

    return measure_of


def outcome_counter(counter: Counter, outcomes: Iterable[str]) -> Callable[[str], None]:
    """Return what counts an outcome; those that are known begin at 0, so that their first one is a rise."""
    for outcome in outcomes:
        counter.labels(outcome)
    return lambda outcome: counter.labels(outcome).inc()


def log_in_counter(registry: CollectorRegistry) -> Callable[[str], None]:
    text = "Log-ins: succeeded, refused, limited."
    counter = Counter("log_ins", text, ("outcome",), registry=registry)
    return outcome_counter(counter, ("succeeded", "refused", "limited"))


def order_move_counter(registry: CollectorRegistry) -> Callable[[str], None]:
    text = "Orders that have moved to this state by themselves."
    counter = Counter("orders_moves", text, ("status",), registry=registry)
    return outcome_counter(counter, (OrderStatus.CONFIRMED, OrderStatus.SHIPPED))
