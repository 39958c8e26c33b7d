"""The programs that the tests need: Prometheus and its kin from the distribution, and toxiproxy."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.paths import REPOSITORY
from tests.support.programs import golang
from tests.support.programs.commands import path_of, run
from tests.support.programs.debian import APT
from tests.support.programs.errors import ProgramError
from tests.support.programs.install_lock import install_lock
from tests.support.programs.progress import say

CACHE = REPOSITORY / ".monitoring"
UNPACKED, BUILT = CACHE / "debian", CACHE / "bin"
PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "prometheus-postgres-exporter": "prometheus-postgres-exporter",
    "prometheus-redis-exporter": "prometheus-redis-exporter",
}
"""Programs and their packages; both have the names of the distribution."""
TOXIPROXY, TOXIPROXY_VERSION = "github.com/Shopify/toxiproxy/v2/cmd/server", "v2.5.0"
DOWNLOAD_S = 600
SCRIPT = """#!/bin/sh
exec unshare {user} --mount sh -c 'mount --bind "$0" /usr/share && exec "$@"' {share} {program} "$@"
""".replace("{user}", "" if os.geteuid() == 0 else "--map-root-user")
"""In a mount namespace of its own, which ends with the program."""


def ensure_program(name: str) -> Path:
    """Return it from `PATH`, or from the package of the distribution, which is unpacked and not installed.

    An installed package would start a service. Raise `ProgramError` if the package cannot be had.
    """
    if found := shutil.which(name):
        return Path(found)
    unpacked = UNPACKED / PACKAGES[name]
    with install_lock():
        if not unpacked.exists():
            unpack(PACKAGES[name])
        return with_its_files(unpacked, name)


def with_its_files(unpacked: Path, name: str) -> Path:
    """Return the program, or a script that shows it the package's files at the path it was built for.

    The distribution's Alertmanager reads its templates there.
    """
    program, files = unpacked / "usr" / "bin" / name, unpacked / "usr" / "share" / "prometheus"
    if not files.exists():
        return program
    script = unpacked / name
    if not script.exists():
        script.write_text(SCRIPT.format(share=files.parent, program=program))
        script.chmod(0o755)
    return script


def unpack(package: str) -> None:
    """Make the package's folder, which appears only complete."""
    if shutil.which("apt-get") is None:
        raise ProgramError(f"{package} is missing: install it, so that its programs are on PATH")
    say(f"unpacking {package}")
    UNPACKED.mkdir(parents=True, exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    with TemporaryDirectory(dir=UNPACKED) as folder:
        download(package, Path(folder))
        [archive] = Path(folder).glob("*.deb")
        fresh = Path(folder, "fresh")
        run(["dpkg-deb", "--extract", archive, fresh], timeout_s=DOWNLOAD_S)
        fresh.rename(UNPACKED / package)


def download(package: str, folder: Path) -> None:
    """Renew the lists of packages first where we may: an old list names archives that are gone."""
    if os.geteuid() == 0:
        run([*APT, "update"], timeout_s=DOWNLOAD_S)
    script = 'cd "$1" && exec apt-get -o APT::Sandbox::User=root download "$2"'
    run([path_of("sh", "dash"), "-c", script, "sh", folder, package], timeout_s=DOWNLOAD_S)


def ensure_toxiproxy() -> Path:
    with install_lock():
        return golang.ensure("toxiproxy", TOXIPROXY, TOXIPROXY_VERSION, BUILT / "toxiproxy")
