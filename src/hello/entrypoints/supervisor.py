"""Restarts the processes of one machine when they die, and stops them in order."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import structlog
from prometheus_client.multiprocess import mark_process_dead

from hello.core.concurrency import running
from hello.core.processes import ProcessError, die_with_parent
from hello.entrypoints.local_servers import ServerKeeper
from hello.entrypoints.restarts import STEADY_S, Backoff, describe_exit
from hello.interface.http.serving.exposition import SHARED_FOLDER

MAX_FAILED_STARTS = 3
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
    """`stop_timeout_s` is how long a child may take to exit before it is killed."""

    stop_timeout_s: float
    backoff: Callable[[], Backoff] = Backoff

    async def run(
        self,
        children: Sequence[Child],
        when_started: WhenStarted,
        watch: Path | None = None,
        servers: Sequence[ServerKeeper] = (),
    ) -> None:
        """Run until SIGINT or SIGTERM, then stop the children in reverse order.

        A change in `watch` restarts them. When a server or a child cannot be started, stop all of them and
        raise `ProcessError`.
        """
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        watched = running(*(server.keep() for server in servers))
        async with running(when_started()), watched as servers_kept:
            while not stop.is_set():
                kept = (self._keep(child, may_fail=watch is not None) for child in children)
                async with running(*kept) as children_kept:
                    await first_of(stop.wait(), change_in(watch), failure_of([*servers_kept, *children_kept]))

    async def _keep(self, child: Child, *, may_fail: bool) -> None:
        """Restart the child whenever it dies; raise `ProcessError` if it never ran for long.

        With `may_fail`, as for a watched source, never give up: the next change may repair it.
        """
        backoff, tries = self.backoff(), MAX_FAILED_STARTS
        while True:
            started = time.monotonic()
            reason, has_failed = await self._life(child)
            lived_s = time.monotonic() - started
            may_fail |= lived_s > STEADY_S
            tries -= has_failed
            if tries <= 0 and not may_fail:
                raise ProcessError(f"{child.name} {reason}, {MAX_FAILED_STARTS} times: it cannot be started")
            pause_s = backoff.after(lived_s)
            log.error("%s %s; restarting it", child.name, reason, pause_s=pause_s)
            await asyncio.sleep(pause_s)

    async def _life(self, child: Child) -> tuple[str, bool]:
        """Run the child once; return why it ended, and whether it failed by itself."""
        try:
            code = await self._run_once(child)
        except OSError as error:
            return f"cannot be run ({error})", True
        return describe_exit(code), code > 0

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
            forget_gauges(child.environment, process.pid)

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self.stop_timeout_s)
        except TimeoutError:
            process.kill()
            await process.wait()


def forget_gauges(environment: Mapping[str, str], pid: int) -> None:
    """Remove the live gauges of a process that ended; otherwise they stay in the sums for ever."""
    if folder := environment.get(SHARED_FOLDER):
        mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]


async def first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    """Wait for the first to finish, cancel the others, and raise its error if it failed."""
    async with running(*waits) as tasks:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def failure_of(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Raise the first error; return when all tasks are done."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


async def change_in(folder: Path | None) -> None:
    """Return when a source file in the folder changes; never return without a folder."""
    if folder is None:
        await asyncio.Event().wait()
        return
    from watchfiles import PythonFilter, awatch  # noqa: PLC0415  # an extra of the laptop

    async for changes in awatch(folder, watch_filter=PythonFilter()):
        log.warning("source changed, restarting", files=len(changes))
        return
