"""One server as a child process: start, stop and restart."""

import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from hello.connectors.embedded.command import Command
from hello.connectors.embedded.errors import EmbeddedError, explained
from hello.connectors.embedded.log import Log
from hello.connectors.embedded.termination import Steps, terminate, wait_until

START_TIMEOUT_S = 60.0
"""The time-out of `pg_ctl`: after a kill, PostgreSQL recovers first."""


@dataclass(slots=True)
class Server:
    """Call `start` from a thread that outlives the server: on Linux it ends with that thread."""

    name: str
    url: str = field(repr=False)
    command: Callable[[], Command] = field(repr=False)
    is_ready: Callable[[int], bool] = field(repr=False)
    stop_steps: Steps
    is_stopping: Callable[[int], bool] = field(default=lambda _pid: False, repr=False)
    retry_on: str = ""
    """A log text of a failed start that is worth a retry, as its cause goes away by itself."""
    child: subprocess.Popen[bytes] | None = None
    _abandoned: Event = field(default_factory=Event, repr=False)

    @property
    def pid(self) -> int | None:
        """`None` when it is not running."""
        return self.child.pid if self.child and self.child.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """`None` while it runs, and before its first start."""
        return self.child.poll() if self.child else None

    def start(self) -> None:
        """Return when it answers; if it does not, raise `EmbeddedError` and leave no process."""
        if self.pid is None:
            with explained():
                command = self.command()
                if not wait_until(partial(self._starts, command), START_TIMEOUT_S):
                    raise EmbeddedError(f"{self.name} did not start: {command.log.last_error(since=0)}")

    def abandon_start(self) -> None:
        """Make the current `start` in another thread and all later ones fail at once."""
        self._abandoned.set()

    def hasten_exit(self) -> None:
        """Do not let clients delay an exit: on SIGTERM PostgreSQL waits for them and accepts no new ones."""
        pid = self.pid
        if pid is not None and self.is_stopping(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, self.stop_steps[0][0])

    def _starts(self, command: Command) -> bool:
        """Return whether it started; raise `EmbeddedError` if a retry would not help."""
        if self._abandoned.is_set():
            raise EmbeddedError(f"{self.name} is not started during a shutdown")
        since = command.log.mark()
        try:
            self.child = command.spawn()
            wait_until(self._is_settled, START_TIMEOUT_S)
            return self._answers(command.log, since)
        except BaseException:
            self.stop()
            raise

    def _answers(self, log: Log, since: int) -> bool:
        pid = self.pid
        if pid is not None and self.is_ready(pid):
            return True
        if self.retry_on and log.says(self.retry_on, since):
            return False
        raise EmbeddedError(f"{self.name} did not start: {log.last_error(since)}")

    def _is_settled(self) -> bool:
        pid = self.pid
        return pid is None or self._abandoned.is_set() or self.is_ready(pid)

    def stop(self) -> None:
        """Return when it has exited; raise `EmbeddedError` if it does not."""
        pid = self.pid
        if pid is not None:
            terminate(pid, lambda: self.pid is None, self.stop_steps)
