"""A copy of `deploy` in which Terraform may write."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.deploy.terraform.programs import MIRROR, plugin_settings, terraform
from tests.support.paths import REPOSITORY
from tests.support.programs.errors import ProgramError
from tests.support.programs.tail import last_lines

if TYPE_CHECKING:
    from tests.support.programs.commands import Words

DEPLOY = REPOSITORY / "deploy"
TERRAFORM = DEPLOY / "terraform"
LOCAL_FILES = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars", "backend.hcl", "rds-ca.pem")
LONGEST_S = 1500
CHANGES = 2
"""Exit code of `plan -detailed-exitcode` when there is something to do."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Run Terraform in one folder of the copy."""

    root: Path
    environment: Mapping[str, str]

    @classmethod
    def within(cls, folder: Path, environment: Mapping[str, str] | None = None) -> Self:
        root = folder / "deploy"
        shutil.copytree(DEPLOY, root, ignore=LOCAL_FILES)
        return cls(root, environment or {})

    def path(self, place: str) -> Path:
        return self.root / "terraform" / place

    def run(self, place: str, *words: str, accept: tuple[int, ...] = (0,)) -> str:
        """Return its standard output; raise `ProgramError` with its last lines for another exit code."""
        command: Words = [terraform(), f"-chdir={self.path(place)}", *words]
        quiet = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "NO_COLOR": "1", "CHECKPOINT_DISABLE": "1"}
        variables = {**os.environ, **quiet, **plugin_settings(), **self.environment}
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
        if done.returncode not in accept:
            raise ProgramError(
                f"terraform {words[0]} failed in {place}:\n{last_lines(done.stdout + done.stderr)}"
            )
        return done.stdout

    def initialize(self, place: str, *words: str) -> None:
        try:
            self.run(place, "init", "-no-color", *words)
        except ProgramError as error:
            raise ProgramError(
                f"{error}\nWithout a registry, {MIRROR}= names a folder with the providers"
            ) from None

    def outputs(self, place: str) -> dict[str, Any]:
        shown = json.loads(self.run(place, "output", "-json"))
        return {name: output["value"] for name, output in shown.items()}
