"""What the tests of Terraform need: Terraform itself, tflint from Go, checkov and moto from PyPI."""

import os
import shutil
from pathlib import Path

from tests.support.paths import REPOSITORY
from tests.support.programs import golang, venvs
from tests.support.programs.errors import ProgramError
from tests.support.programs.install_lock import install_lock

HERE = Path(__file__).parent
CACHE = REPOSITORY / ".terraform_tools"
TFLINT_VERSION = "v0.64.0"
TFLINT = CACHE / "bin" / f"tflint-{TFLINT_VERSION}"
MIRROR = "TF_PLUGIN_MIRROR"
MIRROR_CONFIG = """\
provider_installation {{
  filesystem_mirror {{
    path = "{path}"
  }}
}}
"""


def terraform() -> Path:
    """Raise `ProgramError` when it is missing: its licence lets nobody else hand it out."""
    found = shutil.which("terraform")
    if found is None:
        raise ProgramError(
            "terraform 1.11 or newer is missing: see https://developer.hashicorp.com/terraform/install"
        )
    return Path(found)


def ensure_linters() -> None:
    make_cache()
    with install_lock():
        golang.ensure("tflint", "github.com/terraform-linters/tflint", TFLINT_VERSION, TFLINT)
    checkov()


def checkov() -> Path:
    return venvs.ensure("checkov", HERE / "checkov.txt", CACHE / "checkov") / "checkov"


def ensure_moto() -> Path:
    """Return the folder with `moto_server` and `aws`."""
    make_cache()
    return venvs.ensure("moto", HERE / "moto.txt", CACHE / "moto")


def make_cache() -> None:
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")


def plugin_settings() -> dict[str, str]:
    """Return variables that lead to the providers: TF_PLUGIN_MIRROR, or where Terraform looks by itself."""
    if mirror := os.environ.get(MIRROR):
        make_cache()
        config = CACHE / "terraform.tfrc"
        config.write_text(MIRROR_CONFIG.format(path=Path(mirror).resolve()))
        return {"TF_CLI_CONFIG_FILE": str(config)}
    plugins = CACHE / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    return {"TF_PLUGIN_CACHE_DIR": str(plugins)}
