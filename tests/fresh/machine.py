"""A machine that has Python, git and make, and nothing else: no caches, no settings, an empty HOME."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
KEPT = ("PIP_CERT", "PIP_INDEX_URL", "SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""Variables that say how the network is reached."""


class FreshMachineError(Exception):
    """A command failed on the fresh machine; the message holds what it printed."""


@dataclass(frozen=True)
class Machine:
    """`folder` holds HOME, the programs on PATH and the clone."""

    folder: Path
    variables: Mapping[str, str]

    @property
    def clone(self) -> Path:
        return self.folder / "clone"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        path = f"{self.folder / 'bin'}:{SYSTEM_PATH}"
        return {**kept, "HOME": str(self.folder / "home"), "PATH": path, **self.variables}

    def run(self, *command: str, timeout_s: float = 600) -> str:
        """Return what it prints; raise `FreshMachineError` if it fails."""
        done = subprocess.run(
            command,
            cwd=self.clone,
            env=self.environment,
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != 0:
            raise FreshMachineError(f"{' '.join(command)} failed:\n{done.stdout}")
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start it in a session of its own, as a terminal does; its output goes to `output`."""
        with (self.folder / "output").open("w") as output:
            return subprocess.Popen(
                command,
                cwd=self.clone,
                env=self.environment,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()


def fresh_machine(folder: Path, python: str, uv: str | None, variables: Mapping[str, str]) -> Machine:
    """Clone the last commit; `python` is the machine's only one, `uv` is on its PATH only if given."""
    (folder / "home").mkdir()
    add_program(folder / "bin", "python3", python)
    if uv:
        add_program(folder / "bin", "uv", uv)
    elif found := shutil.which("uv", path=SYSTEM_PATH):
        raise FreshMachineError(f"{found} is on the system's PATH: this would not be a machine without uv")
    machine = Machine(folder, variables)
    clone: Sequence[str] = ("git", "clone", "--quiet", f"file://{REPOSITORY}", str(machine.clone))
    subprocess.run(clone, check=True)
    return machine


def add_program(folder: Path, name: str, program: str) -> None:
    """Write a script: a virtual environment made by a link would look for Python beside the link."""
    folder.mkdir(exist_ok=True)
    script = folder / name
    script.write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
    script.chmod(0o755)


def this_python() -> str:
    return getattr(sys, "_base_executable", sys.executable)
