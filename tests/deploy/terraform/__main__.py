"""`python -m tests.deploy.terraform install` fetches what the tests of Terraform need."""

import sys

from tests.deploy.terraform.programs import ensure_linters, ensure_moto, terraform
from tests.support.programs.actions import main


def install() -> int:
    terraform()
    ensure_linters()
    ensure_moto()
    return 0


if __name__ == "__main__":
    sys.exit(main("tests.deploy.terraform", install, lambda _words: 2, usage="install"))
