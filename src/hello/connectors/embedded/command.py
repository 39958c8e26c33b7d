"""Runs one program as the servers' user, isolated from this process's terminal, pipes and environment."""

import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.errors import EmbeddedError
from hello.connectors.embedded.log import Log
from hello.core.processes import die_with_parent

INHERITED = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Command:
    argv: tuple[str | Path, ...]
    account: Account
    log: Log
    stdin: str = field(default="", repr=False)
    """The text of its standard input: the place for secrets, which other processes cannot see."""
    cwd: Path = Path("/")
    environment: tuple[tuple[str, str], ...] = ()
    dies_by: signal.Signals = signal.SIGKILL
    """Sent when the thread that spawned it ends."""

    def spawn(self) -> subprocess.Popen[bytes]:
        with tempfile.TemporaryFile() as stdin, os.fdopen(self.log.open(), "ab") as log:
            stdin.write(self.stdin.encode())
            stdin.seek(0)
            return subprocess.Popen(  # noqa: S603
                self.argv,
                cwd=self.cwd,
                env=dict([*minimal_environment(), *self.environment]),
                stdin=stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.account.user,
                group=self.account.group,
                extra_groups=self.account.extra_groups,
                umask=0o077,
                preexec_fn=die_with_parent(self.dies_by),  # noqa: PLW1509
            )

    def run(self, timeout_s: float) -> None:
        """Raise `EmbeddedError` with its last error when it fails or takes too long; leave no process."""
        since = self.log.mark()
        child = self.spawn()
        try:
            failed = child.wait(timeout_s) != 0
        except subprocess.TimeoutExpired:
            failed = True
        finally:
            end_session(child)
        if failed:
            raise EmbeddedError(f"{Path(self.argv[0]).name} failed: {self.log.last_error(since)}")


def end_session(child: subprocess.Popen[bytes]) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def minimal_environment() -> list[tuple[str, str]]:
    inherited = [(name, os.environ[name]) for name in INHERITED if name in os.environ]
    return [("PATH", os.defpath), ("LC_ALL", "C"), *inherited]
