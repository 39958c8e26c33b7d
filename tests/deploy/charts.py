"""The chart as Helm renders it for each environment."""

import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tests.deploy.programs import HELM
from tests.support.paths import REPOSITORY

CHART = REPOSITORY / "deploy" / "helm" / "hello"
DEV, STAGING, PRODUCTION, KAFKA = (
    f"values-{name}.yaml" for name in ("dev", "staging", "production", "kafka")
)
ENVIRONMENTS = {
    "dev": (DEV,),
    "staging": (STAGING,),
    "production": (PRODUCTION,),
    "production on Kafka": (PRODUCTION, KAFKA),
}
WORKLOADS = ("Deployment", "StatefulSet", "Job")
Manifest: TypeAlias = dict[str, Any]


class ChartError(Exception):
    """What Helm says about a chart that it does not render."""


def helm(*words: str | Path) -> str:
    """Return what it prints; raise `ChartError` when it fails."""
    done = subprocess.run([HELM, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ChartError(f"{done.stdout}{done.stderr}")
    return done.stdout


def values(files: Sequence[str | Path], *settings: str) -> list[str | Path]:
    """Return the options for these files of the chart, and for `--set` of each setting."""
    chosen = [word for name in files for word in ("--values", CHART / name)]
    return [*chosen, *(word for setting in settings for word in ("--set", setting))]


@cache
def render(files: tuple[str | Path, ...], *settings: str, upgrade: bool = False) -> list[Manifest]:
    """Return all objects of a release named `hello`; raise `ChartError` when the chart refuses the values."""
    options = values(files, *settings)
    text = helm("template", "hello", CHART, *options, *(["--is-upgrade"] if upgrade else []))
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def named(manifests: Sequence[Manifest], kind: str, name: str) -> Manifest:
    [found] = [manifest for manifest in of_kind(manifests, kind) if manifest["metadata"]["name"] == name]
    return found


def pods(manifests: Sequence[Manifest]) -> dict[str, Manifest]:
    """Return the template of the pods of each workload, by its name."""
    return {
        manifest["metadata"]["name"]: manifest["spec"]["template"]
        for manifest in of_kind(manifests, *WORKLOADS)
    }


def containers(manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    for pod in pods(manifests).values():
        yield from pod["spec"].get("initContainers", [])
        yield from pod["spec"]["containers"]
