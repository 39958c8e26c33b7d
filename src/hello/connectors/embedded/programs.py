"""Locates the servers' programs in their wheels; copies them if the servers' user cannot run them there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.directories import READABLE, ensure_directory, move, unfinished
from hello.connectors.embedded.errors import EmbeddedError, explained
from hello.connectors.embedded.state import COPIES, STATE, state_in_use

NOT_NEEDED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "__pycache__", "*.a", "*.py")


@dataclass(frozen=True, slots=True)
class Wheel:
    distribution: str
    package: str
    program: str
    """A glob pattern for the program's path in the package."""

    def find(self) -> Path:
        """Find the program without importing the package, whose import has side effects."""
        spec = find_spec(self.package)
        roots = (spec and spec.submodule_search_locations) or []
        for program in (match for root in roots for match in Path(root).glob(self.program)):
            return program
        raise EmbeddedError(f"{self.distribution} is not installed: install hello[embedded]")


@contextmanager
def runnable(wheel: Wheel, account: Account) -> Iterator[Path]:
    """Raise `EmbeddedError` if the wheel is missing; the program stays in place during the block."""
    with ExitStack() as stack:
        with explained():
            program = wheel.find()
            if account.user is not None and not account.can_reach(program):
                stack.enter_context(state_in_use(STATE))
                program = copied(wheel, program, STATE / COPIES)
        yield program


def copied(wheel: Wheel, program: Path, copies: Path) -> Path:
    """Copy the package and its libraries once; return the program's copy."""
    ensure_directory(copies, Account(), READABLE)
    copy = copies / f"{wheel.distribution}-{version(wheel.distribution)}"
    packages = next(parent.parent for parent in program.parents if parent.name == wheel.package)
    if not copy.exists():
        copy_packages(packages, wheel.package, copy)
    return copy / program.relative_to(packages)


def copy_packages(packages: Path, package: str, copy: Path) -> None:
    fresh = unfinished(copy)
    try:
        for source in packages.glob(f"{package}*/"):
            if not source.name.endswith(".dist-info"):
                shutil.copytree(source, fresh / source.name, ignore=NOT_NEEDED, copy_function=shutil.copyfile)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(READABLE)
        os.sync()
        move(fresh, copy)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
