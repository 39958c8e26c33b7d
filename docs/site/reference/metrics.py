"""The metrics, from the functions that register them."""

from collections.abc import Callable, Iterator

from docs.site.reference.markdown import code, page, table
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from hello.connectors import metrics as services
from hello.connectors.brokers.metrics import consumer_counts, relay_counts
from hello.connectors.limits.metrics import limit_metrics
from hello.connectors.postgres.pool import pool_metrics
from hello.connectors.redis.metrics import cache_metrics
from hello.connectors.search.fallback import search_metrics
from hello.connectors.telemetry.database import database_gauges, freshness_counter
from hello.connectors.telemetry.process import process_metrics
from hello.core.build import Build
from hello.interface.http.admins import refused_tokens
from hello.interface.http.serving.metrics import http_metrics
from hello.interface.worker.metrics import task_metrics

GROUPS: dict[str, tuple[Callable[[CollectorRegistry], object], ...]] = {
    "Requests and connections": (http_metrics, lambda registry: limit_metrics(registry, ())),
    "Process": (lambda registry: process_metrics(registry, Build()),),
    "PostgreSQL and batches": (pool_metrics, services.batch_metrics),
    "Cache and search": (cache_metrics, freshness_counter, search_metrics),
    "Accounts": (services.log_in_counter, refused_tokens),
    "Orders, people and gifts": (services.order_move_counter, database_gauges),
    "Events": (relay_counts, consumer_counts),
    "Work within a process": (
        task_metrics,
        services.domain_event_counts,
        services.background_job_counts,
    ),
}


def metrics_page() -> str:
    return page(
        "# Metrics",
        "`GET /metrics` of the API, and of each worker on `WORKER_PORT`, in the text format of Prometheus. "
        "[The runbook](../runbook.md#metrics) says what the values of the labels mean and what to watch.",
        *(section(title) for title in GROUPS),
    )


def section(title: str) -> str:
    rows = [row(metric) for metric in metrics_of(title)]
    return page(f"## {title}", table(["name", "type", "labels", "meaning"], rows)).rstrip()


def metrics_of(title: str) -> Iterator[MetricWrapperBase]:
    registry = CollectorRegistry()
    for register in GROUPS[title]:
        register(registry)
    yield from (metric for metric in registry._collector_to_names if isinstance(metric, MetricWrapperBase))  # noqa: SLF001


def row(metric: MetricWrapperBase) -> list[str]:
    labels = ", ".join(map(code, metric._labelnames))  # noqa: SLF001  # no public name says them
    return [code(name_of(metric)), str(metric._type), labels, metric._documentation]  # noqa: SLF001


def name_of(metric: MetricWrapperBase) -> str:
    """Return the name that a query uses: a counter ends in `_total`."""
    return f"{metric._name}_total" if metric._type == "counter" else str(metric._name)  # noqa: SLF001
