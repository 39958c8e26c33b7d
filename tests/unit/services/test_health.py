"""Readiness: what is asked, how long it may take, and what is said of what is missing."""

import asyncio
from dataclasses import dataclass
from itertools import count

import pytest

from hello.core.shutdown import ShutdownSignal
from hello.entities.errors import UnavailableError
from hello.services.health import Check, HealthService, Readiness


@dataclass(frozen=True, slots=True)
class TwinProbe:
    """Raises the error, or answers never, or answers what operators should know."""

    name: str
    required: bool
    error: Exception | None = None
    is_silent: bool = False
    note: str | None = None

    async def check(self) -> str | None:
        if self.is_silent:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        return self.note


DOWN = UnavailableError("the cache is unavailable", reason="refused")
CACHE, DATABASE = TwinProbe("cache", required=False), TwinProbe("database", required=True)
NO_CACHE = TwinProbe("cache", required=False, error=DOWN)
NO_DATABASE = TwinProbe("database", required=True, error=UnavailableError("the database is unavailable"))


def health(*probes: TwinProbe, shutdown: ShutdownSignal | None = None, timeout_s: float = 5) -> HealthService:
    times = count(8)
    return HealthService(
        probes=probes,
        shutdown=shutdown or ShutdownSignal(),
        timer=lambda: next(times) / 8,
        timeout_s=timeout_s,
    )


@pytest.mark.parametrize(
    ("probes", "expected"),
    [
        ((), Readiness.READY),
        ((DATABASE, CACHE), Readiness.READY),
        ((DATABASE, NO_CACHE), Readiness.DEGRADED),
        ((NO_DATABASE, CACHE), Readiness.UNREADY),
        ((NO_DATABASE, NO_CACHE), Readiness.UNREADY),
    ],
)
async def test_only_what_is_required_makes_unready(
    probes: tuple[TwinProbe, ...], expected: Readiness
) -> None:
    assert (await health(*probes).ready()).status == expected


async def test_a_process_that_drains_is_unready_whatever_is_up() -> None:
    shutdown = ShutdownSignal()
    shutdown.set()
    found = await health(DATABASE, shutdown=shutdown).ready()
    assert (found.status, [check.up for check in found.checks]) == (Readiness.UNREADY, [True])


async def test_each_check_has_its_name_its_time_and_its_reason() -> None:
    (up,) = (await health(DATABASE).ready()).checks
    assert up == Check(name="database", required=True, up=True, latency_ms=125)
    (down,) = (await health(NO_CACHE).ready()).checks
    assert down == Check(name="cache", required=False, up=False, latency_ms=125, reason="refused")
    (plain,) = (await health(NO_DATABASE).ready()).checks
    assert (plain.up, plain.reason) == (False, "the database is unavailable")


async def test_note_of_a_check_is_no_outage() -> None:
    found = await health(TwinProbe("locks", required=True, note="waits for announcements")).ready()
    assert found.status == Readiness.READY
    assert [(check.up, check.reason) for check in found.checks] == [(True, "waits for announcements")]


async def test_latency_is_rounded_to_microseconds() -> None:
    times = iter([1.0, 1.0123456])
    found = await HealthService(
        probes=[CACHE], shutdown=ShutdownSignal(), timer=lambda: next(times), timeout_s=1
    ).ready()
    assert [check.latency_ms for check in found.checks] == [12.346]


async def test_silent_check_is_down_after_the_timeout() -> None:
    silent = TwinProbe("database", required=True, is_silent=True)
    async with asyncio.timeout(5):
        found = await health(silent, CACHE, timeout_s=0.01).ready()
    assert [(check.name, check.up, check.reason) for check in found.checks] == [
        ("database", False, "no answer in time"),
        ("cache", True, None),
    ]
    assert found.status == Readiness.UNREADY


async def test_a_fault_of_a_check_is_no_outage() -> None:
    with pytest.raises(KeyError):
        await health(TwinProbe("cache", required=False, error=KeyError())).ready()
