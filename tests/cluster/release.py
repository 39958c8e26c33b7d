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
PATIENCE = "240s"
GOOD, BAD = 0, 1


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
    """`hello release check`, which prints its table. The tags of the images are their commits."""

    prometheus: str

    def expect_good(self, tag: str) -> None:
        code = self._check("--for", "20s", "--version", tag)
        assert code == GOOD, f"the gate said {code} of a good release"

    def expect_bad(self) -> None:
        """Return as soon as the gate is sure."""
        code = self._check("--for", "120s")
        assert code == BAD, f"the gate said {code} of a bad release"

    def _check(self, *options: str) -> int:
        words = (sys.executable, "-m", "hello", "release", "check", "--every", "2s")
        return subprocess.run([*words, "--prometheus", self.prometheus, *options], check=False).returncode
