"""`python -m tests.deploy install` builds Helm and kube-score; `... gitops` writes or checks its file."""

import sys

from tests.deploy import gitops
from tests.deploy.api_server import ensure_api_server
from tests.deploy.policies import ensure_router
from tests.deploy.programs import ensure_programs
from tests.support.programs.errors import ProgramError
from tests.support.programs.progress import say

INSTALL = {"": lambda: None, "server": ensure_api_server, "cluster": ensure_router}


def main() -> int:
    """Return 1 for an error or a file that is out of step, 2 for the usage."""
    try:
        return act(sys.argv[1:])
    except ProgramError as error:
        say(str(error))
        return 1


def act(words: list[str]) -> int:
    ensure_programs()
    match words:
        case ["install", *rest] if "".join(rest) in INSTALL:
            INSTALL["".join(rest)]()
        case ["gitops", "--check"]:
            return check()
        case ["gitops", *image] if len(image) <= 1:
            gitops.write(*image)
        case _:
            say("usage: python -m tests.deploy install [server | cluster] | gitops [--check | IMAGE]")
            return 2
    return 0


def check() -> int:
    if gitops.is_in_step():
        return 0
    say(f"{gitops.OUTPUT.name} is out of step with the chart: run `make gitops`")
    return 1


if __name__ == "__main__":
    sys.exit(main())
