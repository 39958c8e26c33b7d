"""Limits of this process, and children that end with their parent, even when it is killed (Linux)."""

import ctypes
import os
import resource
import sys
from collections.abc import Callable
from signal import Signals

PR_SET_PDEATHSIG = 1  # prctl(2)


class ProcessError(Exception):
    """A process cannot be started or stopped; the message is one line for people."""


def raise_file_limit() -> int:
    """Raise the limit of open files to the hard limit; return it."""
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    return hard_limit


def die_with_parent(by: Signals) -> Callable[[], None] | None:
    """Return a function for the child to call between fork and exec, after `setuid`; None elsewhere."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, int(by))
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_signal
