"""Prometheus metrics of domain events and background jobs within the process."""

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
