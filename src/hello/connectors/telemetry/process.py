"""Metrics of the process itself: what it runs, whether it is ready, how late its event loop is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge, Histogram

from hello.core.build import Build
from hello.core.slo import OBJECTIVES
from hello.services.health import HealthService, Readiness

LAG_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
LAG_EVERY_S, HEALTH_EVERY_S = 0.5, 5.0


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
        ready=Gauge(
            "hello_ready",
            "1 if requests may be sent to the process.",
            registry=registry,
            multiprocess_mode="livemin",
        ),
        checks=Gauge(
            "health_check_up",
            "1 if this check of readiness is up.",
            ("check",),
            registry=registry,
            multiprocess_mode="livemin",
        ),
    )


def show_constants(registry: CollectorRegistry, build: Build) -> None:
    """Show the build and the objectives, so that dashboards and alerts need no copy of them."""
    info = Gauge(
        "hello_build_info",
        "1, with what runs.",
        ("version", "commit", "schema"),
        registry=registry,
        multiprocess_mode="livemax",
    )
    info.labels(build.version, build.commit, build.schema_revision).set(1)
    ratio = Gauge(
        "slo_objective_ratio",
        "Share of good events that is promised.",
        ("slo",),
        registry=registry,
        multiprocess_mode="livemax",
    )
    threshold = Gauge(
        "slo_threshold_seconds",
        "What a good event takes at most.",
        ("slo",),
        registry=registry,
        multiprocess_mode="livemax",
    )
    for name, objective in OBJECTIVES.items():
        ratio.labels(name).set(objective.ratio)
        if objective.threshold_s is not None:
            threshold.labels(name).set(objective.threshold_s)


@asynccontextmanager
async def sampling(metrics: ProcessMetrics, health: HealthService) -> AsyncIterator[None]:
    """Measure the lag of the event loop and the health of the process during the block."""
    tasks = [asyncio.create_task(sample_lag(metrics)), asyncio.create_task(sample_health(metrics, health))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def sample_lag(metrics: ProcessMetrics) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        metrics.loop_lag.observe(max(loop.time() - due, 0))


async def sample_health(metrics: ProcessMetrics, health: HealthService) -> None:
    while True:
        report = await health.ready()
        metrics.ready.set(report.status is not Readiness.UNREADY)
        for check in report.checks:
            metrics.checks.labels(check.name).set(check.up)
        await asyncio.sleep(HEALTH_EVERY_S)
