"""`deploy/terraform/kubernetes`: no package registry has its providers, a schema of ours stands in."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.deploy.terraform.programs import checkov, make_cache
from tests.deploy.terraform.workspace import TERRAFORM
from tests.support.paths import REPOSITORY

FOLDER = TERRAFORM / "kubernetes"
CHART = REPOSITORY / "deploy" / "helm" / "hello"
SCHEMA = json.loads(Path(__file__).with_name("kubernetes.schema.json").read_text())

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(600)]


def parsed(file: Path) -> dict[str, Any]:
    """Return the blocks of one file; the parser of HCL comes with checkov."""
    make_cache()
    program = checkov().with_name("hcl2tojson")
    shown = subprocess.run([program, file], capture_output=True, text=True, check=True).stdout
    blocks: dict[str, Any] = json.loads(shown, object_hook=without_lines)
    return blocks


def without_lines(block: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name not in {"__start_line__", "__end_line__"}}


def configuration() -> dict[str, list[Any]]:
    blocks: dict[str, list[Any]] = {}
    for file in FOLDER.glob("*.tf"):
        for kind, found in parsed(file).items():
            blocks.setdefault(kind, []).extend(found)
    return blocks


def test_kubernetes_path_uses_only_documented_arguments() -> None:
    errors = Draft202012Validator(SCHEMA).iter_errors(configuration())
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_unknown_argument_is_found() -> None:
    wrong = configuration()
    release = next(block["helm_release"]["this"] for block in wrong["resource"] if "helm_release" in block)
    release["waitForJobs"] = release.pop("wait_for_jobs")
    assert not Draft202012Validator(SCHEMA).is_valid(wrong)


def test_release_names_a_chart_and_values_that_exist() -> None:
    text = (FOLDER / "main.tf").read_text()
    assert '"${path.module}/../../helm/hello"' in text
    assert "values-${var.environment}.yaml" in text
    names = [f"values-{name}.yaml" for name in ("dev", "staging", "production")]
    assert [name for name in names if not (CHART / name).is_file()] == []


def test_chart_takes_the_image_by_repository_and_digest() -> None:
    assert {"repository", "digest"} <= set(yaml.safe_load((CHART / "values.yaml").read_text())["image"])
