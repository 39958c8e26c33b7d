"""`python -m tests.search install [NAME…]` fetches servers; `... run NAME COMMAND…` starts one beside it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.search.engine import ENGINES, HEAP_MB, kind_of, running_engine
from tests.support.programs.actions import main
from tests.support.programs.errors import ProgramError
from tests.support.programs.progress import say

USAGE = f"install [NAME...] | run NAME COMMAND...  (NAME: {', '.join(ENGINES)})"


def install() -> int:
    return install_some(list(ENGINES))


def install_some(names: Sequence[str]) -> int:
    for kind in map(kind_of, names):
        say(f"{kind.title} is in {kind.ensure()}")
    return 0


def run(words: Sequence[str]) -> int:
    """Tell the command by variables which server runs where; return its exit code."""
    name, *command = words
    if not command:
        raise ProgramError(f"no command to run beside {name}")
    heap_mb = int(os.environ.get("TEST_SEARCH_HEAP_MB", HEAP_MB))
    with (
        TemporaryDirectory(prefix="hello-search-") as folder,
        running_engine(name, Path(folder), heap_mb) as engine,
    ):
        variables = {"TEST_SEARCH_URL": engine.url, "TEST_SEARCH_ENGINE": engine.name}
        return subprocess.run(command, env=os.environ | variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main("tests.search", install, run, {"install": install_some}, USAGE))
