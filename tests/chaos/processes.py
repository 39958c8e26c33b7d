"""Processes of the product that can be killed and started again, many times and soon."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hello.connectors.embedded.termination import terminate

FORK_SERVER = Path(__file__).with_name("forkserver.py")
STOP_STEPS = ((signal.SIGTERM, 30.0),)
KILL_STEPS = ((signal.SIGKILL, 10.0),)


@dataclass(frozen=True, slots=True)
class ForkServer:
    """One caller at a time."""

    process: subprocess.Popen[str]

    def fork(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        command = {"arguments": arguments, "environment": dict(environment), "log": str(log)}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def open_fork_server(folder: Path, environment: Mapping[str, str]) -> Iterator[ForkServer]:
    """Work in the folder; end all that still run at the end. `environment` is what a fork sets too late."""
    with subprocess.Popen(
        [sys.executable, "-uP", FORK_SERVER],
        cwd=folder,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield ForkServer(process)


@dataclass(slots=True, kw_only=True)
class Process:
    """`hello` with some arguments; each life of it writes to the same log."""

    fork_server: ForkServer
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    started: int | None = None

    @property
    def pid(self) -> int | None:
        """`None` when it is not running."""
        if self.started is None:
            return None
        with suppress(ProcessLookupError):
            os.kill(self.started, 0)
            return self.started
        return None

    def start(self) -> None:
        """Return at once; callers wait for what they need."""
        self.started = self.fork_server.fork(self.arguments, self.environment, self.log)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let it do nothing during the block, and know nothing of it: as a machine that is paused."""
        assert self.pid
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        self._end(KILL_STEPS)

    def stop(self) -> None:
        """Let it end in order; raise `EmbeddedError` when it takes too long."""
        self._end(STOP_STEPS)

    def _end(self, steps: tuple[tuple[signal.Signals, float], ...]) -> None:
        if pid := self.pid:
            terminate(pid, lambda: self.pid is None, steps)
