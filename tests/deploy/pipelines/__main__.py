"""`python -m tests.deploy.pipelines check` lints the workflows and the scripts that they call."""

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.deploy.pipelines.programs import ACTIONLINT, ensure_linters
from tests.support.paths import REPOSITORY
from tests.support.programs.errors import ProgramError
from tests.support.programs.progress import say

if TYPE_CHECKING:
    from tests.support.programs.commands import Words

WORKFLOWS = REPOSITORY / ".github" / "workflows"
SCRIPTS = REPOSITORY / "deploy" / "scripts"


def check() -> int:
    """Run all linters, so that one failure does not hide another; zizmor stays offline."""
    folder = ensure_linters()
    commands: list[Words] = [
        [ACTIONLINT, "-shellcheck", folder / "shellcheck"],
        [folder / "zizmor", "--offline", "--quiet", "--persona", "pedantic", WORKFLOWS],
        [folder / "shellcheck", *sorted(SCRIPTS.iterdir())],
    ]
    return max(subprocess.run(command, cwd=REPOSITORY, check=False).returncode for command in commands)


def main() -> int:
    try:
        if sys.argv[1:] == ["check"]:
            return check()
    except ProgramError as error:
        say(str(error))
        return 1
    say("usage: python -m tests.deploy.pipelines check")
    return 2


if __name__ == "__main__":
    sys.exit(main())
