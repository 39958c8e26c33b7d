"""Releases with Helm, as a pipeline does them, and the metric gate."""

import re
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
ERRORS = re.compile(r"availability\W+bad")


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
    """`hello release check`. The tags of the images are their commits.

    It allows more than by default: a machine that carries the load, the cluster and the service may be late.
    """

    prometheus: str

    def expect_good(self, tag: str) -> None:
        code, _ = self._check("--for", "20s", "--version", tag)
        assert code == GOOD, f"the gate said {code} of a good release"

    def expect_bad(self) -> None:
        """Return as soon as the gate is sure, and because of the errors."""
        code, table = self._check("--for", "120s")
        assert code == BAD, f"the gate said {code} of a bad release"
        assert ERRORS.search(table), "the gate did not notice the errors"

    def _check(self, *options: str) -> tuple[int, str]:
        """Print the table, and return it with the exit code."""
        words = (sys.executable, "-m", "hello", "release", "check", "--every", "2s", "--max-burn-rate", "100")
        command = [*words, "--prometheus", self.prometheus, *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        sys.stdout.write(done.stdout + done.stderr)
        return done.returncode, done.stdout
