"""Releases with Helm, as a pipeline does them, and the metric gate."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.kubectl import helm, kubectl
from tests.cluster.places import HERE
from tests.support.paths import REPOSITORY

NAME, CHART = "hello", REPOSITORY / "deploy" / "helm" / "hello"
DEPLOYMENTS = ("deployment/hello-api", "deployment/hello-worker")
PATIENCE = "300s"


def install(tag: str) -> None:
    helm("install", NAME, CHART, *values(tag), "--wait", "--timeout", PATIENCE)


def seed(people: int) -> None:
    """Let the migration of the next release have something to fill."""
    kubectl("exec", DEPLOYMENTS[0], "--", "hello", "seed", "--people", f"{people}")


def upgrade(tag: str) -> None:
    """Return when the migration is done and the rollout has begun."""
    helm("upgrade", NAME, CHART, *values(tag), "--timeout", PATIENCE)


def rollback() -> None:
    helm("rollback", NAME)


def wait_for_rollout() -> None:
    for name in DEPLOYMENTS:
        kubectl("rollout", "status", name, f"--timeout={PATIENCE}")


def values(tag: str) -> Sequence[str | Path]:
    return ("--values", HERE / "templates" / "values.yaml", "--set", f"image.tag={tag}")


@dataclass(frozen=True, slots=True)
class Gate:
    """`hello release check`: the tags are the commits of the images."""

    prometheus: str

    def is_good(self, seconds: int, tag: str = "") -> bool:
        """Print the table; raise `AssertionError` when the gate cannot tell."""
        words = ("--prometheus", self.prometheus, "--for", f"{seconds}s", "--every", "2s")
        version = ("--version", tag) if tag else ()
        command = [sys.executable, "-m", "hello", "release", "check", *words, *version]
        code = subprocess.run(command, check=False).returncode
        assert code in {0, 1}, "the gate cannot tell"
        return code == 0
