"""`deploy/gitops/deployment.yml`: the chart rendered as plain Kubernetes, with the image in one line."""

import re
from copy import deepcopy
from typing import Any

import yaml

from tests.deploy.charts import PRODUCTION, Manifest, render
from tests.support.paths import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "gitops"
VALUES, OUTPUT = FOLDER / "values.yaml", FOLDER / "deployment.yml"
ANCHOR, ALIAS = "image: &image ", "image: *image"
HEAD = """\
# Written by `make gitops` from the chart; a pipeline replaces the line with `&image`, and nothing else.
# kubectl apply --namespace hello --filename deployment.yml
"""
OF_HELM = ("app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart")
"""Labels that would be wrong without Helm, or after the image has been replaced."""


def rendered(image: str | None = None) -> str:
    """Return what the file must hold; by default with the image that it names now."""
    manifests = deepcopy(render((PRODUCTION, VALUES)))
    drop_labels(manifests)
    text = yaml.dump(
        {"apiVersion": "v1", "kind": "List", "items": manifests}, sort_keys=False, width=110, Dumper=Plain
    )
    return HEAD + with_one_image(text, image or current_image() or chart_image(text))


def with_one_image(text: str, image: str) -> str:
    """Name it once, as a YAML anchor; the other containers refer to that."""
    line = f"image: {chart_image(text)}\n"
    return text.replace(line, f"{ANCHOR}{image}\n", 1).replace(line, f"{ALIAS}\n")


def chart_image(text: str) -> str:
    found = re.search(r"image: (\S+)\n", text)
    assert found is not None
    return found[1]


def current_image() -> str | None:
    found = re.search(rf"{re.escape(ANCHOR)}(\S+)", OUTPUT.read_text()) if OUTPUT.exists() else None
    return found[1] if found else None


def drop_labels(part: Manifest | list[Any]) -> None:
    """Drop them everywhere below, also from the templates of pods."""
    for child in part.values() if isinstance(part, dict) else part:
        if isinstance(child, dict | list):
            drop_labels(child)
    if isinstance(part, dict) and isinstance(part.get("labels"), dict):
        for label in OF_HELM:
            part["labels"].pop(label, None)


class Plain(yaml.SafeDumper):
    """Repeat what is equal: aliases are for the image alone."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def write(image: str | None = None) -> None:
    OUTPUT.write_text(rendered(image))


def is_in_step() -> bool:
    return OUTPUT.exists() and OUTPUT.read_text() == rendered()
