"""The frame of `python -m tests.brokers`, `python -m tests.docker` and `python -m tests.search`."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from tests.support.programs.errors import ProgramError
from tests.support.programs.progress import say

Action: TypeAlias = Callable[[Sequence[str]], int]


def main(
    package: str,
    install: Callable[[], int],
    run: Action,
    others: Mapping[str, Action] | None = None,
    usage: str = "install | run COMMAND",
) -> int:
    """Run the action that the command line names; return its exit code, 1 for its error, 2 for the usage.

    `run` needs a command.
    """
    actions = {"run": run, **(others or {})}
    try:
        match sys.argv[1:]:
            case ["install"]:
                return install()
            case [name, *words] if name in actions and (words or name != "run"):
                return actions[name](words)
    except ProgramError as error:
        say(str(error))
        return 1
    say(f"usage: python -m {package} {usage}")
    return 2
