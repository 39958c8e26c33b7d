"""`python -m tests.fresh` sets up a clone as on a fresh machine; `--all` with every Python, pip and uv."""

import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fresh.first_answer import check_first_answer
from tests.fresh.machine import REPOSITORY, FreshMachineError, Machine, fresh_machine, this_python
from tests.fresh.releases import write_releases

LOCK = REPOSITORY / "requirements" / "dev.txt"
OLDEST_PIP = "22.3"  # what Python 3.11.0 brings; later ones bring newer
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")


@dataclass(frozen=True)
class SetUp:
    """One way to install: `pip` is a version, `""` for the one that `venv` brings, `newest`, or `uv`."""

    python: str
    pip: str = ""

    @property
    def name(self) -> str:
        installer = self.pip if self.pip == "uv" else f"pip {self.pip}" if self.pip else "its own pip"
        return f"{self.python}, {installer}"


def every_set_up() -> Iterator[SetUp]:
    for python in filter(is_usable, PYTHONS):
        yield SetUp(python)
        yield SetUp(python, "newest")
    yield SetUp("python3.11", OLDEST_PIP)
    yield SetUp(this_python(), "uv")


def is_usable(python: str) -> bool:
    """Leave out what is not installed, and a version manager's stand-in for it."""
    if (found := shutil.which(python)) is None:
        return False
    return subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0


def rehearse(set_up: SetUp, folder: Path) -> None:
    count = write_releases(LOCK, folder / "releases")
    uv = str(REPOSITORY / ".venv" / "bin" / "uv") if set_up.pip == "uv" else None
    machine = fresh_machine(folder, real_path(set_up.python), uv, variables_of(folder / "releases"))
    say(f"{set_up.name}: make setup, beside newer releases of {count} packages")
    choose_pip(machine, set_up.pip)
    timed("make setup", lambda: machine.run("make", "setup"))
    timed("make run", lambda: check_first_answer(machine))


def variables_of(releases: Path) -> dict[str, str]:
    return {
        "PIP_FIND_LINKS": str(releases),
        "UV_FIND_LINKS": str(releases),
        "PIP_NO_CACHE_DIR": "1",
        "UV_NO_CACHE": "1",
    }


def choose_pip(machine: Machine, pip: str) -> None:
    if pip in {"", "uv"}:
        return
    machine.run("make", ".venv/bin/python")
    wanted = "pip" if pip == "newest" else f"pip=={pip}"
    machine.run(".venv/bin/python", "-m", "pip", "install", "--quiet", "--upgrade", wanted)


def real_path(python: str) -> str:
    code = "import sys; print(sys._base_executable)"
    return subprocess.run([python, "-c", code], capture_output=True, check=True, text=True).stdout.strip()


def timed(what: str, action: Callable[[], object]) -> None:
    start = time.monotonic()
    action()
    say(f"  {what} took {time.monotonic() - start:.0f} s")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = ArgumentParser(prog="python -m tests.fresh", description=__doc__)
    parser.add_argument(
        "--all", action="store_true", help="every Python, its own, the oldest and the newest pip, and uv"
    )
    options = parser.parse_args()
    for set_up in every_set_up() if options.all else [SetUp(this_python())]:
        try:
            with TemporaryDirectory(prefix="hello-fresh-") as folder:
                rehearse(set_up, Path(folder))
        except FreshMachineError as error:
            say(f"{set_up.name}: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
