"""Processes that do not outlive the one that started them."""

import ctypes
import sys
from collections.abc import Callable
from signal import Signals

PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent(number: Signals) -> Callable[[], None] | None:
    """Return what a child runs before its program, for the kernel to send it `number` when its parent dies.

    Linux only, None elsewhere. A change of user clears the wish: it must be made after that.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, int(number)) and None
