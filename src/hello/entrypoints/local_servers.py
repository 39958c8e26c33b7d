"""Restarts the local PostgreSQL and Valkey when they die."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from hello.core.processes import ProcessError
from hello.entrypoints.restarts import Backoff, describe_exit

CHECK_S = 0.1
log = structlog.get_logger("hello.supervisor")


class LocalServer(Protocol):
    """A server that is already running."""

    @property
    def name(self) -> str: ...

    @property
    def exit_code(self) -> int | None:
        """`None` while it runs."""
        ...

    def start(self) -> None:
        """Return when it answers; raise `ProcessError` if it does not."""

    def hasten_exit(self) -> None:
        """Make a server that is shutting down exit at once; do nothing otherwise."""

    def abandon_start(self) -> None:
        """Make the current `start` in another thread and all later ones fail at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKeeper:
    """The threads of `starter` must outlive the server: on Linux it ends with the thread that spawned it."""

    server: LocalServer
    starter: Executor
    restart_within_s: float = 15.0
    backoff: Callable[[], Backoff] = Backoff

    async def keep(self) -> None:
        """Restart the server whenever it dies; raise `ProcessError` if it does not start in time."""
        backoff = self.backoff()
        while True:
            started = time.monotonic()
            reason = describe_exit(await self._exit_code())
            pause_s = backoff.after(time.monotonic() - started)
            log.error("%s %s; restarting it", self.server.name, reason, pause_s=pause_s)
            await asyncio.sleep(pause_s)
            await self._restart(reason)
            log.warning("%s is running again", self.server.name)

    async def _exit_code(self) -> int:
        while (code := self.server.exit_code) is None:
            self.server.hasten_exit()
            await asyncio.sleep(CHECK_S)
        return code

    async def _restart(self, reason: str) -> None:
        backoff, deadline = self.backoff(), time.monotonic() + self.restart_within_s
        while True:
            try:
                return await self._start()
            except ProcessError as error:
                pause_s = backoff.after(0)
                if time.monotonic() + pause_s > deadline:
                    message = f"{self.server.name} {reason} and cannot be restarted: {error}"
                    raise ProcessError(message) from error
                log.warning("%s is not up yet: %s", self.server.name, error, pause_s=pause_s)
                await asyncio.sleep(pause_s)

    async def _start(self) -> None:
        """When cancelled, abort the start and wait for its thread."""
        starting = asyncio.get_running_loop().run_in_executor(self.starter, self.server.start)
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            self.server.abandon_start()
            with suppress(ProcessError):
                await starting
            raise
