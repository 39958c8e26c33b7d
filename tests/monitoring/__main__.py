"""`python -m tests.monitoring install` fetches and builds what the tests run beside the service."""

import sys

from tests.monitoring.programs import PACKAGES, ensure_program, ensure_toxiproxy
from tests.support.programs.progress import say


def install() -> int:
    for name in PACKAGES:
        say(f"{name} is {ensure_program(name)}")
    say(f"toxiproxy is {ensure_toxiproxy()}")
    return 0


if __name__ == "__main__":
    sys.exit(install() if sys.argv[1:] == ["install"] else "usage: python -m tests.monitoring install")
