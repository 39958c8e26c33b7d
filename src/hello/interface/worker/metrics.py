"""Metrics of the background tasks."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge


@dataclass(frozen=True, slots=True)
class TaskMetrics:
    steps: Counter
    failures: Counter
    up: Gauge

    def worked(self, task: str) -> None:
        self.steps.labels(task).inc()
        self.up.labels(task).set(1)

    def failed(self, task: str) -> None:
        self.failures.labels(task).inc()
        self.up.labels(task).set(0)


def task_metrics(registry: CollectorRegistry) -> TaskMetrics:
    return TaskMetrics(
        steps=Counter("worker_steps", "Steps that succeeded.", ("task",), registry=registry),
        failures=Counter(
            "worker_failures", "Steps that failed and are retried.", ("task",), registry=registry
        ),
        up=Gauge(
            "worker_task_up", "0 from a task's failure until its next success.", ("task",), registry=registry
        ),
    )
