"""`deploy/terraform/kubernetes`: no package registry has its providers, a schema of ours stands in."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.deploy.terraform.programs import checkov, make_cache
from tests.deploy.terraform.workspace import TERRAFORM
from tests.support.paths import REPOSITORY

FOLDER = TERRAFORM / "kubernetes"
SCHEMA = json.loads(Path(__file__).with_name("kubernetes.schema.json").read_text())
VALUES = re.compile(r"values-\$\{var\.environment\}\.yaml")

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
    chart = REPOSITORY / "deploy" / "helm" / "hello"
    assert '"${path.module}/../../helm/hello"' in text
    assert VALUES.search(text)
    if chart.exists():
        names = [chart / f"values-{name}.yaml" for name in ("dev", "staging", "production")]
        assert [path.name for path in names if not path.exists()] == []
