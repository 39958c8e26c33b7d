"""One process of a server, which ends with us."""

import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.command import Command, end_session
from hello.connectors.embedded.log import Log
from hello.connectors.embedded.termination import terminate, wait_until
from tests.support.programs.errors import ProgramError
from tests.support.programs.tail import tail

START_S = 90.0
STOP_STEPS = ((signal.SIGTERM, 30.0), (signal.SIGKILL, 10.0))


@dataclass(slots=True)
class Program:
    """Start it from a thread that outlives it: on Linux it ends with that thread."""

    name: str
    command: Command = field(repr=False)
    is_ready: Callable[[], bool] = field(repr=False)
    patience_s: float = START_S
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @classmethod
    def within(
        cls,
        folder: Path,
        name: str,
        argv: Sequence[str | Path],
        is_ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Work in the folder, and log into a file of this name there."""
        log = Log(folder / f"{name.lower()}.log")
        variables = tuple((environment or {}).items())
        return cls(name, Command(tuple(argv), Account(), log, cwd=folder, environment=variables), is_ready)

    @property
    def pid(self) -> int | None:
        """`None` when it is not running."""
        return self.child.pid if self.child and self.child.poll() is None else None

    def start(self) -> None:
        """Return when it answers; raise `ProgramError` when it does not, and leave no process."""
        if self.pid is None:
            self.child = self.command.spawn()
            try:
                self._wait()
            except BaseException:
                self.kill()
                raise

    def _wait(self) -> None:
        if not wait_until(self._is_settled, self.patience_s) or self.pid is None:
            raise ProgramError(f"{self.name} did not start:\n{tail(self.command.log.path)}")

    def _is_settled(self) -> bool:
        return self.pid is None or self.is_ready()

    def stop(self) -> None:
        """Ask it to end, and see to it."""
        pid = self.pid
        if pid is not None:
            terminate(pid, lambda: self.pid is None, STOP_STEPS)

    def kill(self) -> None:
        """End it and its group with no time to tidy up."""
        if self.child is not None:
            end_session(self.child)
