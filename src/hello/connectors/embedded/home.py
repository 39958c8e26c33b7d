"""The layout of one data directory, which one Hello at a time may use."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hello.connectors.embedded.account import USER, Account, current_account
from hello.connectors.embedded.directories import PASSABLE, PRIVATE, ensure_directory
from hello.connectors.embedded.errors import EmbeddedError, explained
from hello.connectors.embedded.lock import only_instance
from hello.connectors.embedded.log import Log
from hello.connectors.embedded.relocation import refuse_moved, write_location
from hello.connectors.embedded.state import STATE, digest, state_in_use

RUN_BYTES = 103 - len("/.s.PGSQL.5432")
"""The limit of macOS; Linux allows four more."""
PLAIN = re.compile(r"[\w./+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Home:
    """`data_dir` has the lock and the logs, `base` the servers' data, `run` their sockets."""

    data_dir: Path
    base: Path
    run: Path
    account: Account

    def log(self, name: str) -> Log:
        return Log(self.data_dir / f"{name}.log")


@contextmanager
def open_home(data_dir: Path) -> Iterator[Home]:
    """Lock the directory; raise `EmbeddedError` if it is unusable or another Hello uses it."""
    with ExitStack() as stack:
        with explained():
            data_dir = data_dir.resolve()
            home = prepare(data_dir, stack)
        yield home


def prepare(data_dir: Path, stack: ExitStack) -> Home:
    account = current_account()
    data_dir.mkdir(PRIVATE if account.user is None else PASSABLE, parents=True, exist_ok=True)
    stack.enter_context(only_instance(data_dir))
    base = base_of(data_dir, account)
    refuse_moved(data_dir, base)
    write_location(data_dir, base)
    if base != data_dir:
        stack.enter_context(state_in_use(base.parent))
        ensure_directory(base, Account(), PASSABLE)
    home = Home(data_dir, base, run_of(base), account)
    ensure_directory(home.run, account)
    stack.callback(leave, home)
    return home


def leave(home: Home) -> None:
    if home.run.parent != home.base:
        with suppress(OSError):
            home.run.rmdir()


def base_of(data_dir: Path, account: Account) -> Path:
    elsewhere = elsewhere_of(data_dir)
    if account.user is None or (
        account.can_reach(data_dir) and fits(data_dir / "run") and not elsewhere.exists()
    ):
        return data_dir
    if (data_dir / "postgres").exists():
        raise EmbeddedError(f"user {USER} cannot access {data_dir}, where its data is")
    return elsewhere


def elsewhere_of(data_dir: Path) -> Path:
    return STATE / digest(data_dir)


def run_of(base: Path) -> Path:
    return base / "run" if fits(base / "run") else temporary_run(base)


def fits(run: Path) -> bool:
    """Return whether sockets fit: paths have a short limit, and clients misread commas and spaces."""
    return len(os.fsencode(run)) <= RUN_BYTES and PLAIN.fullmatch(str(run)) is not None


def temporary_run(base: Path) -> Path:
    name = f"hello-{os.geteuid()}-{digest(base)}"
    candidates = [Path(parent) / name for parent in (tempfile.gettempdir(), "/tmp")]  # noqa: S108
    return next(filter(fits, candidates), candidates[-1])
