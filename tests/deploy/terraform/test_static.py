"""What can be known about `deploy/terraform` without a cloud: format, types, lint and security."""

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.deploy.terraform.programs import TFLINT, checkov, ensure_linters, terraform
from tests.deploy.terraform.workspace import TERRAFORM, Workspace

if TYPE_CHECKING:
    from tests.support.programs.commands import Words

EXCEPTION = re.compile(r"# checkov:skip=\w+: \w.{10,}")
ROOTS = ("bootstrap", "environments/dev", "environments/production")

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", autouse=True)
def _linters() -> None:
    ensure_linters()


def test_terraform_is_formatted() -> None:
    formatted = subprocess.run(
        [terraform(), "fmt", "-check", "-diff", "-recursive", TERRAFORM, Path(__file__).with_name("moto")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert formatted.returncode == 0, formatted.stdout


@pytest.mark.parametrize("root", ROOTS)
def test_configuration_is_valid(root: str, tmp_path: Path) -> None:
    workspace = Workspace.within(tmp_path)
    workspace.initialize(root, "-backend=false")
    verdict = json.loads(workspace.run(root, "validate", "-json", accept=(0, 1)))
    assert verdict["diagnostics"] == []


def test_tflint_finds_nothing() -> None:
    config = f"--config={TERRAFORM / '.tflint.hcl'}"
    found = subprocess.run(
        [TFLINT, f"--chdir={TERRAFORM}", "--recursive", config, "--format=compact"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_checkov_finds_nothing() -> None:
    words: Words = ["--directory", TERRAFORM, "--framework", "terraform", "--compact", "--quiet"]
    found = subprocess.run(
        [checkov(), *words, "--skip-download"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout
    assert "Passed checks: " in found.stdout, "checkov must have read something"


def test_every_exception_of_checkov_has_a_reason() -> None:
    lines = [line for file in TERRAFORM.rglob("*.tf") for line in file.read_text().splitlines()]
    exceptions = [line.strip() for line in lines if "checkov:skip" in line]
    assert exceptions
    assert [line for line in exceptions if not EXCEPTION.fullmatch(line)] == []
