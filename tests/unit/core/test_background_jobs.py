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
class TwinJob:
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


class JobRunner:
    """The background jobs, and what has been counted of them."""

    def __init__(self) -> None:
        self.registry, self.pauses, self.done = CollectorRegistry(), Pauses(), list[str]()

    @asynccontextmanager
    async def open(
        self, *, waiting: int = 9, tries: int = 3, drain_s: float = 5
    ) -> AsyncIterator[BackgroundJobs]:
        patience = JobLimits(waiting=waiting, tries=tries, drain_s=drain_s)
        async with open_background_jobs(background_job_counts(self.registry), patience, self.pauses) as jobs:
            yield jobs

    def job(self, name: str = "sweep", errors: Iterable[BaseException] = ()) -> TwinJob:
        job = TwinJob(self.done, name, list(errors))
        job.may_go_on.set()
        return job

    def stuck(self, name: str = "stuck") -> TwinJob:
        return TwinJob(self.done, name)

    def counted(self, job: str = "sweep") -> dict[str, float]:
        found = {
            outcome: self.registry.get_sample_value("background_jobs_total", {"job": job, "outcome": outcome})
            for outcome in OUTCOMES
        }
        return {outcome: number for outcome, number in found.items() if number}


@pytest.fixture
def runner() -> JobRunner:
    return JobRunner()


async def test_enqueue_does_not_wait_for_the_job(runner: JobRunner) -> None:
    async with runner.open() as jobs:
        jobs.enqueue(stuck := runner.stuck())
        jobs.enqueue(runner.job())
        await stuck.begun.wait()
        assert not runner.done
        stuck.may_go_on.set()
    assert runner.done == ["stuck", "sweep"]


async def test_jobs_run_one_after_another(runner: JobRunner) -> None:
    """However many wait: only the first one has begun."""
    async with runner.open() as jobs:
        sweeps = [runner.stuck(str(number)) for number in range(3)]
        for sweep in sweeps:
            jobs.enqueue(sweep)
        await sweeps[0].begun.wait()
        await asyncio.sleep(0.01)
        assert [sweep.begun.is_set() for sweep in sweeps] == [True, False, False]
        for sweep in sweeps:
            sweep.may_go_on.set()
    assert runner.done == ["0", "1", "2"]
    assert runner.counted("1") == {"done": 1}


async def test_failed_job_is_retried_after_a_pause(runner: JobRunner) -> None:
    async with runner.open(tries=3) as jobs:
        jobs.enqueue(runner.job(errors=[ValueError("dust"), OSError("more dust")]))
    assert runner.done == ["sweep"]
    assert runner.counted() == {"retried": 2, "done": 1}
    assert len(runner.pauses.slept) == 2


async def test_job_that_keeps_failing_is_dropped_and_the_next_runs(runner: JobRunner) -> None:
    with capture_logs() as logs:
        async with runner.open(tries=3) as jobs:
            jobs.enqueue(broken := runner.job("broken", [ValueError(str(number)) for number in range(9)]))
            jobs.enqueue(runner.job())
    assert runner.done == ["sweep"]
    assert len(broken.errors) == 6
    assert runner.counted("broken") == {"retried": 2, "failed": 1}
    assert [(entry["event"], entry["job"]) for entry in logs] == [("job failed", "broken")]
    assert logs[0]["exc_info"]


async def test_jobs_above_the_bound_are_refused_and_others_run(runner: JobRunner) -> None:
    with capture_logs() as logs:
        async with runner.open(waiting=2) as jobs:
            jobs.enqueue(stuck := runner.stuck())
            await stuck.begun.wait()
            for number in range(4):
                jobs.enqueue(runner.job(f"{number}"))
            stuck.may_go_on.set()
    assert runner.done == ["stuck", "0", "1"]
    assert [runner.counted(str(number)) for number in range(4)] == [{"done": 1}] * 2 + [{"refused": 1}] * 2
    assert [(entry["job"], entry["outcome"]) for entry in logs] == [("2", "refused"), ("3", "refused")]


async def test_jobs_left_at_shutdown_run_within_the_deadline(runner: JobRunner) -> None:
    async with runner.open() as jobs:
        for number in range(5):
            jobs.enqueue(runner.job(str(number)))
        assert not runner.done
    assert runner.done == ["0", "1", "2", "3", "4"]


async def test_jobs_left_after_the_deadline_are_dropped(runner: JobRunner) -> None:
    with capture_logs() as logs:
        async with runner.open(drain_s=0.02) as jobs:
            jobs.enqueue(runner.job())
            jobs.enqueue(runner.stuck())
            jobs.enqueue(runner.job("late"))
    assert runner.done == ["sweep"]
    assert (runner.counted("stuck"), runner.counted("late")) == ({"dropped": 1}, {"dropped": 1})
    assert [(entry["job"], entry["outcome"]) for entry in logs] == [
        ("stuck", "dropped"),
        ("late", "dropped"),
    ]


async def test_job_enqueued_after_shutdown_is_refused(runner: JobRunner) -> None:
    async with runner.open() as jobs:
        pass
    jobs.enqueue(runner.job())
    assert runner.counted() == {"refused": 1}


async def test_job_that_raises_cancelled_error_does_not_stop_the_others(runner: JobRunner) -> None:
    async with runner.open() as jobs:
        jobs.enqueue(runner.job("cancelled", [asyncio.CancelledError()]))
        jobs.enqueue(runner.job())
    assert runner.done == ["sweep"]
    assert runner.counted("cancelled") == {"dropped": 1}


async def test_jobs_run_when_the_block_raises(runner: JobRunner) -> None:
    with pytest.raises(ValueError, match="fault"):
        async with runner.open() as jobs:
            jobs.enqueue(runner.job())
            raise ValueError("fault")
    assert runner.done == ["sweep"]
