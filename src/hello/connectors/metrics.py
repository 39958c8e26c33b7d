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
class BackgroundJobCounts:
    jobs: Counter

    def counted(self, job: str, outcome: str) -> None:
        self.jobs.labels(job, outcome).inc()


def domain_event_counts(registry: CollectorRegistry) -> DomainEventCounts:
    return DomainEventCounts(
        events=Counter("domain_events", "What has happened and is committed.", ("event",), registry=registry),
        failures=Counter(
            "domain_event_failures", "Listeners that failed to hear of it.", ("event",), registry=registry
        ),
    )


def background_job_counts(registry: CollectorRegistry) -> BackgroundJobCounts:
    return BackgroundJobCounts(
        Counter(
            "background_jobs",
            "Work done after the answer: done, retried, failed, refused, dropped.",
            ("job", "outcome"),
            registry=registry,
        )
    )
