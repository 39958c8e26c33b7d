"""Jars from Maven: fetched once, and kept until what names them changes."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.programs.cache import CACHE
from tests.support.programs.commands import Words, path_of, run
from tests.support.programs.install_lock import install_lock
from tests.support.programs.progress import say

FETCH_S = 900
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0"
OPTIONS: Words = ("--batch-mode", "--quiet", "--no-transfer-progress", "--strict-checksums", "-U")


def folder_of(name: str, sources: Sequence[Path]) -> Path:
    """Return a folder for just these sources: a server may run from that of older ones."""
    content = b"".join(source.read_bytes() for source in sources)
    return CACHE / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"


def ensure_folder(folder: Path, title: str, fill: Callable[[Path], None]) -> Path:
    """Fill it unless it exists; it appears only with all that belongs in it."""
    with install_lock():
        if not folder.exists():
            say(f"fetching {title}")
            with TemporaryDirectory(dir=CACHE) as temporary:
                fresh = Path(temporary, "fresh")
                fill(fresh)
                fresh.rename(folder)
    return folder


def fetch_jars(pom: Path, folder: Path) -> None:
    """Fetch all jars that the list asks for; raise `ProgramError` when they cannot be had."""
    into: Words = ("-DincludeScope=runtime", f"-DoutputDirectory={folder}")
    run(
        [path_of("mvn", "maven"), *OPTIONS, "-f", pom, f"{PLUGIN}:copy-dependencies", *into],
        timeout_s=FETCH_S,
    )
