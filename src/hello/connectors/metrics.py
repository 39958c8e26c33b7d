"""What Prometheus is told of what happens within the process."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter

from hello.services.bus import DomainEvent


@dataclass(frozen=True, slots=True)
class DomainEventCounts:
    events: Counter
    failures: Counter

    async def heard(self, event: DomainEvent) -> None:
        self.events.labels(event.name).inc()

    def failed(self, event: DomainEvent) -> None:
        self.failures.labels(event.name).inc()


@dataclass(frozen=True, slots=True)
class ChoreCounts:
    chores: Counter

    def counted(self, chore: str, outcome: str) -> None:
        self.chores.labels(chore, outcome).inc()


def domain_event_counts(registry: CollectorRegistry) -> DomainEventCounts:
    return DomainEventCounts(
        events=Counter("domain_events", "What has happened and is committed.", ("event",), registry=registry),
        failures=Counter(
            "domain_event_failures", "Listeners that failed to hear of it.", ("event",), registry=registry
        ),
    )


def chore_counts(registry: CollectorRegistry) -> ChoreCounts:
    return ChoreCounts(
        Counter(
            "chores",
            "Work done after the answer: done, retried, failed, refused, dropped.",
            ("chore", "outcome"),
            registry=registry,
        )
    )
