"""Keeps the processes of one machine alive, and stops them in order."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import structlog

from hello.core.processes import die_with_parent

FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_S = 0.2, 10.0, 10.0
WhenStarted: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
log = structlog.get_logger("hello.supervisor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process to keep running; `files` are the descriptors it inherits."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    files: Sequence[int] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """`stop_timeout_s` is how long a child may take to leave before it is killed."""

    stop_timeout_s: float

    async def run(
        self, children: Sequence[Child], when_started: WhenStarted, watch: Path | None = None
    ) -> None:
        """Run until SIGINT or SIGTERM, then stop the children in reverse order; anew when `watch` changes."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with cancelled_at_the_end(when_started()):
            while not stop.is_set():
                tasks = [asyncio.create_task(self._keep(child)) for child in children]
                await first_of(stop.wait(), change_in(watch))
                for task in reversed(tasks):
                    await cancelled(task)

    async def _keep(self, child: Child) -> None:
        """Start the child anew whenever it dies, after longer and longer pauses while it keeps dying."""
        pause = FIRST_PAUSE_S
        while True:
            started = time.monotonic()
            code = await self._run_once(child)
            pause = (
                FIRST_PAUSE_S if time.monotonic() - started > STEADY_S else min(2 * pause, LONGEST_PAUSE_S)
            )
            log.error("process died, starting it again", process=child.name, code=code, pause_s=pause)
            await asyncio.sleep(pause)

    async def _run_once(self, child: Child) -> int:
        process = await asyncio.create_subprocess_exec(
            *child.command,
            env=dict(child.environment),
            pass_fds=child.files,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        try:
            return await process.wait()
        finally:
            await self._stop(process)

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self.stop_timeout_s)
        except TimeoutError:
            process.kill()
            await process.wait()


async def first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    """Return when one of them is done, and cancel the others."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        await cancelled(task)


async def change_in(folder: Path | None) -> None:
    """Return when a source file below the folder has changed; never without a folder."""
    if folder is None:
        await asyncio.Event().wait()
        return
    from watchfiles import PythonFilter, awatch  # noqa: PLC0415  # an extra of the laptop

    async for changes in awatch(folder, watch_filter=PythonFilter()):
        log.warning("source changed, starting anew", files=len(changes))
        return


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])


@asynccontextmanager
async def cancelled_at_the_end(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await cancelled(task)
