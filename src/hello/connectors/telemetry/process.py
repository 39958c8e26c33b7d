"""Metrics of the process itself: what it runs, whether it is ready, how late its event loop is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry, Gauge, Histogram

from hello.connectors.metrics import live_gauge
from hello.core.build import Build
from hello.core.concurrency import running
from hello.core.slo import OBJECTIVES
from hello.services.health import HealthService, Readiness

LAG_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
LAG_EVERY_S, HEALTH_EVERY_S = 0.5, 5.0
log = structlog.get_logger("hello.health")


@dataclass(frozen=True, slots=True)
class ProcessMetrics:
    loop_lag: Histogram
    ready: Gauge
    checks: Gauge


def process_metrics(registry: CollectorRegistry, build: Build) -> ProcessMetrics:
    show_constants(registry, build)
    return ProcessMetrics(
        loop_lag=Histogram(
            "event_loop_lag_seconds",
            "How late a timer of the event loop fires.",
            buckets=LAG_S,
            registry=registry,
        ),
        ready=live_gauge(
            registry, "hello_ready", "1 if requests may be sent to the process.", mode="livemin"
        ),
        checks=live_gauge(
            registry, "health_check_up", "1 if this check of readiness is up.", "check", mode="livemin"
        ),
    )


def show_constants(registry: CollectorRegistry, build: Build) -> None:
    """Show the build and the objectives, so that dashboards and alerts need no copy of them."""
    info = live_gauge(registry, "hello_build_info", "1, with what runs.", "version", "commit", "schema")
    info.labels(build.version, build.commit, build.schema_revision).set(1)
    ratio = live_gauge(registry, "slo_objective_ratio", "Share of good events that is promised.", "slo")
    threshold = live_gauge(registry, "slo_threshold_seconds", "What a good event takes at most.", "slo")
    for name, objective in OBJECTIVES.items():
        ratio.labels(name).set(objective.ratio)
        if objective.threshold_s is not None:
            threshold.labels(name).set(objective.threshold_s)


@asynccontextmanager
async def sampling(metrics: ProcessMetrics, health: HealthService) -> AsyncIterator[None]:
    """Measure the lag of the event loop and the health of the process during the block."""
    async with running(sample_lag(metrics), sample_health(metrics, health)):
        yield


async def sample_lag(metrics: ProcessMetrics) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        metrics.loop_lag.observe(max(loop.time() - due, 0))


async def sample_health(metrics: ProcessMetrics, health: HealthService) -> None:
    """Go on after a fault of a check, which readiness answers with an error as well."""
    while True:
        try:
            report = await health.ready()
        except Exception:
            log.exception("health could not be sampled")
            metrics.ready.set(0)
        else:
            metrics.ready.set(report.status is not Readiness.UNREADY)
            for check in report.checks:
                metrics.checks.labels(check.name).set(check.up)
        await asyncio.sleep(HEALTH_EVERY_S)
