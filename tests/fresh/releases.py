"""Releases of tomorrow: for each locked package a newer one that must not be installed."""

import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)
VERSION = "9999.0"


def locked_packages(lock: Path) -> Iterator[str]:
    for name in PIN.findall(lock.read_text()):
        yield re.sub(r"[-_.]+", "_", name).lower()


def write_releases(lock: Path, folder: Path) -> int:
    """Write a wheel for each package of the lock, to be named in PIP_FIND_LINKS; return how many."""
    folder.mkdir()
    names = list(locked_packages(lock))
    for name in names:
        write_wheel(folder, name)
    return len(names)


def write_wheel(folder: Path, name: str) -> None:
    """Let it depend on what does not exist, so that a resolver that looks at it fails."""
    info = f"{name}-{VERSION}.dist-info"
    requires = "Requires-Dist: nowhere-to-be-found\n"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {VERSION}\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with ZipFile(folder / f"{name}-{VERSION}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
