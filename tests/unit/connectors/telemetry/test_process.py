"""Metrics of the process: its build, its objectives, its readiness and the lag of its event loop."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from hello.connectors.telemetry.process import LAG_EVERY_S, process_metrics, sampling
from hello.core.build import Build
from hello.core.shutdown import ShutdownSignal
from hello.entities.errors import UnavailableError
from hello.services.health import HealthService, Probe


class TwinProbe:
    name = "database"
    required = True
    is_up = False

    async def check(self) -> None:
        """Raise as a probe does."""
        if not self.is_up:
            raise UnavailableError("the database is unavailable")


class BrokenProbe(TwinProbe):
    async def check(self) -> None:
        """Fail as a bug does."""
        raise ZeroDivisionError


def health_of(*probes: Probe) -> HealthService:
    return HealthService(probes=probes, shutdown=ShutdownSignal(), timer=time.perf_counter, timeout_s=1)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def sampled(registry: CollectorRegistry) -> AsyncIterator[TwinProbe]:
    probe = TwinProbe()
    async with sampling(process_metrics(registry, Build("1.2", "1f4dc66", "0016")), health_of(probe)):
        yield probe


def test_build_and_objectives_are_shown(registry: CollectorRegistry) -> None:
    process_metrics(registry, Build("1.2", "1f4dc66", "0016"))
    labels = {"version": "1.2", "commit": "1f4dc66", "schema": "0016"}
    assert registry.get_sample_value("hello_build_info", labels) == 1
    assert registry.get_sample_value("slo_objective_ratio", {"slo": "availability"}) == 0.999
    assert registry.get_sample_value("slo_threshold_seconds", {"slo": "latency"}) == 0.05
    assert registry.get_sample_value("slo_threshold_seconds", {"slo": "availability"}) is None


async def test_readiness_and_checks_are_sampled(registry: CollectorRegistry, sampled: TwinProbe) -> None:
    assert not sampled.is_up
    async with asyncio.timeout(5):
        while registry.get_sample_value("health_check_up", {"check": "database"}) is None:
            await asyncio.sleep(0)
    assert registry.get_sample_value("health_check_up", {"check": "database"}) == 0
    assert registry.get_sample_value("hello_ready") == 0


async def test_sampling_goes_on_after_a_fault_of_a_check(registry: CollectorRegistry) -> None:
    """A bug in a check must not leave the process ready for ever."""
    metrics = process_metrics(registry, Build())
    metrics.ready.set(1)
    with capture_logs() as logs:
        async with sampling(metrics, health_of(BrokenProbe())), asyncio.timeout(5):
            while registry.get_sample_value("hello_ready") != 0:
                await asyncio.sleep(0)
    assert [entry["event"] for entry in logs] == ["health could not be sampled"]


async def test_lag_is_how_long_the_event_loop_was_busy(
    registry: CollectorRegistry, sampled: TwinProbe
) -> None:
    assert sampled
    await asyncio.sleep(0)
    time.sleep(LAG_EVERY_S + 0.3)  # noqa: ASYNC251  # keeps the loop busy
    async with asyncio.timeout(5):
        while not registry.get_sample_value("event_loop_lag_seconds_count"):
            await asyncio.sleep(0)
    assert (registry.get_sample_value("event_loop_lag_seconds_sum") or 0) >= 0.2
