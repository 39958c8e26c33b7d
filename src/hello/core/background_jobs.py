"""Background jobs: requests enqueue work for after the answer; one consumer runs one job at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

PAUSES = wait_random_exponential(multiplier=0.1, max=5)
log = structlog.get_logger("hello.jobs")


class BackgroundJob(Protocol):
    """Safe to lose and to run twice; every wait in it has a deadline."""

    @property
    def name(self) -> str: ...

    async def run(self) -> None: ...


class BackgroundJobMetrics(Protocol):
    def counted(self, job: str, outcome: str) -> None:
        """Count a job; `outcome` is done, retried, failed, refused or dropped."""
        ...


Enqueue: TypeAlias = Callable[[BackgroundJob], None]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """How many jobs may wait, the attempts per job, and the seconds to drain the queue at shutdown."""

    waiting: int = 100
    tries: int = 5
    drain_s: float = 2


@dataclass(slots=True, kw_only=True)
class BackgroundJobs:
    """A bounded queue of jobs; `open_background_jobs` makes it."""

    metrics: BackgroundJobMetrics
    limits: JobLimits
    sleep: Sleep
    is_open: bool = True
    _queue: asyncio.Queue[BackgroundJob] = field(init=False)

    def __post_init__(self) -> None:
        self._queue = asyncio.Queue(self.limits.waiting)

    def enqueue(self, job: BackgroundJob) -> None:
        """Return at once; a full queue or a shutdown loses the job."""
        if self.is_open and not self._queue.full():
            self._queue.put_nowait(job)
        else:
            self._lost(job, "refused")

    async def consume(self) -> None:
        while True:
            await self._run(await self._queue.get())
            self._queue.task_done()

    async def drain(self) -> None:
        """Accept no more jobs, and wait up to `drain_s` for those in the queue."""
        self.is_open = False
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.drain_s):
                await self._queue.join()

    def drop(self) -> None:
        while not self._queue.empty():
            self._lost(self._queue.get_nowait(), "dropped")

    async def _run(self, job: BackgroundJob) -> None:
        try:
            await self._retrying(job)(job.run)
        except Exception:
            self.metrics.counted(job.name, "failed")
            log.exception("job failed", job=job.name)
        except asyncio.CancelledError:
            self._lost(job, "dropped")
            if is_cancelled():
                raise
        else:
            self.metrics.counted(job.name, "done")

    def _retrying(self, job: BackgroundJob) -> AsyncRetrying:
        def count_retry(_: RetryCallState) -> None:
            self.metrics.counted(job.name, "retried")

        return AsyncRetrying(
            retry=retry_if_exception_type(Exception),
            stop=stop_after_attempt(self.limits.tries),
            wait=PAUSES,
            sleep=self.sleep,
            before_sleep=count_retry,
            reraise=True,
        )

    def _lost(self, job: BackgroundJob, outcome: str) -> None:
        self.metrics.counted(job.name, outcome)
        log.warning("job lost", job=job.name, outcome=outcome)


def is_cancelled() -> bool:
    """Return whether this task itself was cancelled, and not only something it awaited."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@asynccontextmanager
async def open_background_jobs(
    metrics: BackgroundJobMetrics, limits: JobLimits = JobLimits(), sleep: Sleep = asyncio.sleep
) -> AsyncIterator[BackgroundJobs]:
    """Run jobs during the block; at its end, drain the queue until the deadline."""
    jobs = BackgroundJobs(metrics=metrics, limits=limits, sleep=sleep)
    consumer = asyncio.create_task(jobs.consume(), name="jobs")
    try:
        yield jobs
    finally:
        await jobs.drain()
        consumer.cancel()
        await asyncio.wait([consumer])
        jobs.drop()
