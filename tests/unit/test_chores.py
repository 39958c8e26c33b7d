"""Background jobs: run after the answer, retried, bounded, and never lost without a count."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from hello.connectors.metrics import background_job_counts
from hello.core.background_jobs import BackgroundJobs, JobLimits, open_background_jobs
from tests.twins.events import Pauses

OUTCOMES = ("done", "retried", "failed", "refused", "dropped")


@dataclass
class Sweep:
    """Fails with these errors first; waits at its beginning until it may go on."""

    done: list[str]
    name: str = "sweep"
    errors: list[BaseException] = field(default_factory=list)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        self.begun.set()
        await self.may_go_on.wait()
        if self.errors:
            raise self.errors.pop()
        self.done.append(self.name)


class House:
    """The background jobs, and what has been counted of them."""

    def __init__(self) -> None:
        self.registry, self.pauses, self.done = CollectorRegistry(), Pauses(), list[str]()

    @asynccontextmanager
    async def open(
        self, *, waiting: int = 9, tries: int = 3, drain_s: float = 5
    ) -> AsyncIterator[BackgroundJobs]:
        limits = JobLimits(waiting=waiting, tries=tries, drain_s=drain_s)
        async with open_background_jobs(background_job_counts(self.registry), limits, self.pauses) as jobs:
            yield jobs

    def sweep(self, name: str = "sweep", errors: Iterable[BaseException] = ()) -> Sweep:
        sweep = Sweep(self.done, name, list(errors))
        sweep.may_go_on.set()
        return sweep

    def stuck(self, name: str = "stuck") -> Sweep:
        return Sweep(self.done, name)

    def counted(self, job: str = "sweep") -> dict[str, float]:
        found = {
            outcome: self.registry.get_sample_value("background_jobs_total", {"job": job, "outcome": outcome})
            for outcome in OUTCOMES
        }
        return {outcome: number for outcome, number in found.items() if number}


@pytest.fixture
def house() -> House:
    return House()


async def test_who_hands_a_chore_over_waits_for_nothing(house: House) -> None:
    async with house.open() as jobs:
        jobs.enqueue(stuck := house.stuck())
        jobs.enqueue(house.sweep())
        await stuck.begun.wait()
        assert not house.done
        stuck.may_go_on.set()
    assert house.done == ["stuck", "sweep"]


async def test_one_is_done_after_the_other(house: House) -> None:
    """However many wait: only the first one has begun."""
    async with house.open() as jobs:
        sweeps = [house.stuck(str(number)) for number in range(3)]
        for sweep in sweeps:
            jobs.enqueue(sweep)
        await sweeps[0].begun.wait()
        await asyncio.sleep(0.01)
        assert [sweep.begun.is_set() for sweep in sweeps] == [True, False, False]
        for sweep in sweeps:
            sweep.may_go_on.set()
    assert house.done == ["0", "1", "2"]
    assert house.counted("1") == {"done": 1}


async def test_one_that_fails_is_tried_again_after_a_pause(house: House) -> None:
    async with house.open(tries=3) as jobs:
        jobs.enqueue(house.sweep(errors=[ValueError("dust"), OSError("more dust")]))
    assert house.done == ["sweep"]
    assert house.counted() == {"retried": 2, "done": 1}
    assert len(house.pauses.slept) == 2


async def test_one_that_keeps_failing_is_given_up_and_the_next_one_done(house: House) -> None:
    with capture_logs() as logs:
        async with house.open(tries=3) as jobs:
            jobs.enqueue(broken := house.sweep("broken", [ValueError(str(number)) for number in range(9)]))
            jobs.enqueue(house.sweep())
    assert house.done == ["sweep"]
    assert len(broken.errors) == 6
    assert house.counted("broken") == {"retried": 2, "failed": 1}
    assert [(entry["event"], entry["job"]) for entry in logs] == [("job failed", "broken")]
    assert logs[0]["exc_info"]


async def test_past_the_bound_chores_are_refused_and_those_within_are_done(house: House) -> None:
    with capture_logs() as logs:
        async with house.open(waiting=2) as jobs:
            jobs.enqueue(stuck := house.stuck())
            await stuck.begun.wait()
            for number in range(4):
                jobs.enqueue(house.sweep(f"{number}"))
            stuck.may_go_on.set()
    assert house.done == ["stuck", "0", "1"]
    assert [house.counted(str(number)) for number in range(4)] == [{"done": 1}] * 2 + [{"refused": 1}] * 2
    assert [(entry["job"], entry["outcome"]) for entry in logs] == [("2", "refused"), ("3", "refused")]


async def test_what_is_left_at_the_end_is_done_within_the_deadline(house: House) -> None:
    async with house.open() as jobs:
        for number in range(5):
            jobs.enqueue(house.sweep(str(number)))
        assert not house.done
    assert house.done == ["0", "1", "2", "3", "4"]


async def test_what_is_left_after_the_deadline_is_dropped(house: House) -> None:
    with capture_logs() as logs:
        async with house.open(drain_s=0.02) as jobs:
            jobs.enqueue(house.sweep())
            jobs.enqueue(house.stuck())
            jobs.enqueue(house.sweep("late"))
    assert house.done == ["sweep"]
    assert (house.counted("stuck"), house.counted("late")) == ({"dropped": 1}, {"dropped": 1})
    assert [(entry["job"], entry["outcome"]) for entry in logs] == [
        ("stuck", "dropped"),
        ("late", "dropped"),
    ]


async def test_who_comes_after_the_end_is_refused(house: House) -> None:
    async with house.open() as jobs:
        pass
    jobs.enqueue(house.sweep())
    assert house.counted() == {"refused": 1}


async def test_one_that_ends_as_if_it_were_cancelled_does_not_end_the_others(house: House) -> None:
    async with house.open() as jobs:
        jobs.enqueue(house.sweep("cancelled", [asyncio.CancelledError()]))
        jobs.enqueue(house.sweep())
    assert house.done == ["sweep"]
    assert house.counted("cancelled") == {"dropped": 1}


async def test_a_fault_of_the_process_still_lets_the_chores_be_done(house: House) -> None:
    with pytest.raises(ValueError, match="fault"):
        async with house.open() as jobs:
            jobs.enqueue(house.sweep())
            raise ValueError("fault")
    assert house.done == ["sweep"]
