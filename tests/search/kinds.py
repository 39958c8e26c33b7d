"""A search server that tests can run: where it comes from, and how Java starts a node of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.support.programs.commands import Words, run
from tests.support.programs.jdk import Jdk, find_jdk
from tests.support.programs.maven import ensure_folder, folder_of

NODES = Path(__file__).with_name("nodes")
COMPILE_S = 300


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    title: str
    majors: tuple[int, ...]
    """The versions of Java that run it, the preferred one first."""
    sources: tuple[Path, ...]
    """What its folder is made from."""
    settings_file: str
    fill: Callable[[Jdk, Path], None]
    """Fetch and compile all that a node needs into a new folder."""
    words: Callable[[Path, Path], Words]
    """Return Java's arguments for a node with this folder and these settings."""

    @property
    def jdk(self) -> Jdk:
        """Raise `ProgramError` when there is none."""
        return find_jdk(self.title, self.majors)

    def ensure(self) -> Path:
        """Return the folder; raise `ProgramError` when it cannot be made."""
        fill = partial(self.fill, self.jdk)
        return ensure_folder(folder_of(self.name, self.sources), self.title, fill)


def compile_java(jdk: Jdk, release: int, sources: Sequence[Path], jars: Sequence[Path], folder: Path) -> None:
    """Write classes that all versions of Java from this release on can run."""
    path = ":".join(f"{jar}/*" for jar in jars)
    run(
        [jdk.javac, "--release", str(release), "-Xlint:none", "-cp", path, "-d", folder, *sources],
        timeout_s=COMPILE_S,
    )
