"""The load as a process of its own, and the steps that its driver marks."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tests.rehearsal.facts import KnownFacts, read_facts
from tests.rehearsal.files import LoadFolder, append, rows_of
from tests.rehearsal.seconds import Second
from tests.rehearsal.steps import Mark
from tests.support.paths import REPOSITORY
from tests.support.polling import until

START_S, STOP_S = 60, 120


@dataclass(frozen=True, slots=True)
class Load:
    """Everything can be read while the load runs."""

    folder: LoadFolder
    process: subprocess.Popen[bytes]

    def mark(
        self, name: str, *, may_fail: bool = False, may_repeat: bool = False, must_fail: bool = False
    ) -> None:
        """Begin a step of the rehearsal, with the next whole second: a second belongs to one step."""
        mark = Mark(int(time.time()) + 1, name, may_fail or must_fail, may_repeat, must_fail)
        until(lambda: time.time() >= mark.at)
        self.check_runs()
        append(self.folder.marks, [mark.row()])

    @property
    def started(self) -> dict[str, Any]:
        """Return `account_id`, `names`, `rate` and `url`."""
        found: dict[str, Any] = orjson.loads(self.folder.started.read_bytes())
        return found

    def marks(self) -> Sequence[Mark]:
        return [Mark.of(row) for row in rows_of(self.folder.marks)]

    def seconds(self) -> Sequence[Second]:
        return [Second.of(row) for row in rows_of(self.folder.seconds)]

    def facts(self) -> KnownFacts:
        return read_facts(self.folder)

    def check_runs(self) -> None:
        assert self.process.poll() is None, "the load has ended by itself"

    def stop(self) -> None:
        """Wait until all requests have their answers."""
        self.check_runs()
        self.process.terminate()
        assert self.process.wait(STOP_S) == 0, "the load failed"


@contextmanager
def loading(url: str, folder: Path, rate: float) -> Iterator[Load]:
    """Yield once the load has begun; `Load.stop` ends it in order, and the end of the block in any case."""
    words = (sys.executable, "-m", "tests.rehearsal.load")
    options = ("--url", url, "--folder", str(folder), "--rate", f"{rate:g}")
    with subprocess.Popen([*words, *options], cwd=REPOSITORY) as process:
        load = Load(LoadFolder(folder), process)
        try:
            until(lambda: load.folder.started.exists() or process.poll() is not None, START_S)
            load.check_runs()
            yield load
        finally:
            process.kill()
