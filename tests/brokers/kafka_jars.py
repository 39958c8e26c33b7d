"""Kafka's jars: fetched by Maven once, and kept until `pom.xml` asks for others."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.programs.cache import CACHE
from tests.support.programs.commands import Words, path_of, run
from tests.support.programs.install_lock import install_lock
from tests.support.programs.progress import say

FETCH_S = 900
POM = Path(__file__).with_name("pom.xml")
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0"


def ensure_jars() -> Path:
    """Return their folder; raise `ProgramError` when they cannot be had."""
    jars = folder_of(POM)
    with install_lock():
        if not jars.exists():
            fetch(jars)
    return jars


def folder_of(pom: Path) -> Path:
    """Give each list of jars a folder of its own: a broker may run from an older one."""
    return CACHE / f"kafka-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"


def fetch(jars: Path) -> None:
    """Make the folder appear only with all that belongs in it."""
    maven = path_of("mvn", "maven")
    say("fetching Kafka's jars")
    quiet: Words = ["--batch-mode", "--quiet", "--no-transfer-progress", "--strict-checksums", "-U"]
    with TemporaryDirectory(dir=CACHE) as folder:
        fresh = Path(folder, "jars")
        into: Words = ["-DincludeScope=runtime", f"-DoutputDirectory={fresh}"]
        run([maven, *quiet, "-f", POM, f"{PLUGIN}:copy-dependencies", *into], timeout_s=FETCH_S)
        fresh.rename(jars)
