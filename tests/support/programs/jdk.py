"""A Java development kit of a given major version on this machine."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.programs.errors import ProgramError

FOLDER = Path("/usr/lib/jvm")
VERSION = re.compile(r'^JAVA_VERSION="(?:1\.)?(\d+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Jdk:
    home: Path

    @property
    def java(self) -> Path:
        return self.home / "bin" / "java"

    @property
    def javac(self) -> Path:
        return self.home / "bin" / "javac"

    @property
    def major(self) -> int | None:
        """`None` where it is no complete development kit."""
        release = self.home / "release"
        if not (self.java.exists() and self.javac.exists() and release.exists()):
            return None
        found = VERSION.search(release.read_text())
        return int(found[1]) if found else None


def find_jdk(title: str, majors: Sequence[int], folder: Path = FOLDER) -> Jdk:
    """Return the first of the versions that is here; raise `ProgramError` when none is."""
    found = {jdk.major: jdk for jdk in installed(folder)}
    for major in majors:
        if major in found:
            return found[major]
    wanted = " or ".join(map(str, majors))
    raise ProgramError(
        f"{title} needs a JDK {wanted}: install it, on Debian with `apt-get install "
        f"openjdk-{majors[0]}-jdk-headless`, or name the folder of one in JAVA_HOME"
    )


def installed(folder: Path) -> Iterator[Jdk]:
    """Yield that of JAVA_HOME last: it wins over others of its version."""
    yield from map(Jdk, sorted(folder.glob("*")))
    if home := os.environ.get("JAVA_HOME"):
        yield Jdk(Path(home))
