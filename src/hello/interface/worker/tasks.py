"""Tasks that repeat their steps until shutdown, with back-off after failures."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from hello.core.shutdown import ShutdownSignal
from hello.entities.errors import UnavailableError
from hello.interface.worker.metrics import TaskMetrics
from hello.services.health import Probe

PROGRESS, BIRTHDAYS, CLEANUP, RELAY, CONSUMERS = "progress", "birthdays", "cleanup", "relay", "consumers"
FIGURES = "figures"
ALL_TASKS = (PROGRESS, BIRTHDAYS, CLEANUP, RELAY, CONSUMERS, FIGURES)
FIRST_PAUSE_S, MAX_PAUSE_S = 0.2, 30.0
log = structlog.get_logger("hello.worker")
Step: TypeAlias = Callable[[], Awaitable[bool]]
"""Does one piece of work; returns whether more may be ready."""
Wait: TypeAlias = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Repeats `step`; when no work is left, `wait` returns once there may be more.

    `probes` show in readiness what blocks the task.
    """

    name: str
    step: Step
    wait: Wait
    probes: Sequence[Probe] = ()


async def repeat(task: Task, stop: ShutdownSignal, metrics: TaskMetrics) -> None:
    """Repeat the steps; after failures continue, with pauses that double up to a maximum."""
    pause = FIRST_PAUSE_S
    while not stop.is_set:
        try:
            has_more = await task.step()
            metrics.worked(task.name)
            pause = FIRST_PAUSE_S
            if not has_more:
                await stop.race(task.wait())
        except Exception as error:  # noqa: BLE001  # the task retries after any error
            metrics.failed(task.name)
            log_failure(task, error, pause)
            await stop.race(asyncio.sleep(pause))
            pause = min(2 * pause, MAX_PAUSE_S)


def log_failure(task: Task, error: Exception, pause_s: float) -> None:
    """Omit the traceback of an outage, which explains nothing."""
    if isinstance(error, UnavailableError):
        log.warning("task is waiting", task=task.name, pause_s=pause_s, error=error.explanation)
    else:
        log.error("task failed, retrying it", task=task.name, pause_s=pause_s, exc_info=error)


@asynccontextmanager
async def running(tasks: Sequence[Task], metrics: TaskMetrics, timeout_s: float) -> AsyncIterator[None]:
    """Run the tasks during the block; at its end let current steps finish, up to the time-out."""
    stop = ShutdownSignal()
    running = [asyncio.create_task(repeat(task, stop, metrics), name=task.name) for task in tasks]
    try:
        yield
    finally:
        stop.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*running), timeout_s)
