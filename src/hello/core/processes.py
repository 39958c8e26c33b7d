"""Processes that do not outlive the one that started them, even when that is killed (Linux)."""

import ctypes
import os
import resource
import sys
from collections.abc import Callable
from signal import Signals

PR_SET_PDEATHSIG = 1  # prctl(2)


class ProcessError(Exception):
    """A process cannot be started or stopped; one line for people, without a traceback."""


def raise_file_limit() -> int:
    """Allow this process as many open files as the system lets it have; return how many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def die_with_parent(by: Signals) -> Callable[[], None] | None:
    """Return what a child calls between fork and exec, after it has become another user; else None."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, int(by))
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_signal
