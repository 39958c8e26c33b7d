"""`python -m tests.deploy install` builds Helm and kube-score; `... gitops` writes or checks its file."""

import sys

from tests.deploy import gitops
from tests.deploy.api_server import ensure_api_server
from tests.deploy.programs import ensure_programs
from tests.support.programs.errors import ProgramError
from tests.support.programs.progress import say


def main() -> int:
    """Return 1 for an error or a file that is out of step, 2 for the usage."""
    try:
        ensure_programs()
        match sys.argv[1:]:
            case ["install"]:
                return 0
            case ["install", "server"]:
                ensure_api_server()
                return 0
            case ["gitops", "--check"]:
                return check()
            case ["gitops", *image] if len(image) <= 1:
                gitops.write(*image)
                return 0
    except ProgramError as error:
        say(str(error))
        return 1
    say("usage: python -m tests.deploy install [server] | gitops [--check | IMAGE]")
    return 2


def check() -> int:
    if gitops.is_in_step():
        return 0
    say(f"{gitops.OUTPUT.name} is out of step with the chart: run `make gitops`")
    return 1


if __name__ == "__main__":
    sys.exit(main())
