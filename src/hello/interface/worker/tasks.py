"""Tasks that go on until the process is told to stop, whatever goes wrong in between."""

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
ALL_TASKS = (PROGRESS, BIRTHDAYS, CLEANUP, RELAY, CONSUMERS)
FIRST_PAUSE_S, MAX_PAUSE_S = 0.2, 30.0
log = structlog.get_logger("hello.worker")
Step: TypeAlias = Callable[[], Awaitable[bool]]
"""Does one piece of work; returns whether there may be more of it at once."""
Wait: TypeAlias = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`step` is repeated; when it has nothing more to do, `wait` returns once there may be something.

    `probes` say in readiness what keeps it from its work.
    """

    name: str
    step: Step
    wait: Wait
    probes: Sequence[Probe] = ()


async def keep(task: Task, stop: ShutdownSignal, metrics: TaskMetrics) -> None:
    """Repeat the steps; after a failure go on, after longer and longer pauses while it keeps failing."""
    pause = FIRST_PAUSE_S
    while not stop.is_set:
        try:
            has_more = await task.step()
            metrics.worked(task.name)
            pause = FIRST_PAUSE_S
            if not has_more:
                await stop.race(task.wait())
        except Exception as error:  # noqa: BLE001  # whatever it is, the task begins again
            metrics.failed(task.name)
            tell(task, error, pause)
            await stop.race(asyncio.sleep(pause))
            pause = min(2 * pause, MAX_PAUSE_S)


def tell(task: Task, error: Exception, pause_s: float) -> None:
    """Leave out the traceback of an outage: it says nothing."""
    if isinstance(error, UnavailableError):
        log.warning("task waits", task=task.name, pause_s=pause_s, error=error.explanation)
    else:
        log.error("task failed, starting it again", task=task.name, pause_s=pause_s, exc_info=error)


@asynccontextmanager
async def running(tasks: Sequence[Task], metrics: TaskMetrics, timeout_s: float) -> AsyncIterator[None]:
    """Run them during the block; at its end let the steps in hand finish, and cancel what takes longer."""
    stop = ShutdownSignal()
    running = [asyncio.create_task(keep(task, stop, metrics), name=task.name) for task in tasks]
    try:
        yield
    finally:
        stop.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*running), timeout_s)
