"""How a process is ended: politely first, then ever harder."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from hello.connectors.embedded.errors import EmbeddedError

POLL_S = 0.01
Steps = tuple[tuple[signal.Signals, float], ...]
"""Signals, each with the seconds it is given to work."""


def end(pid: int, is_gone: Callable[[], bool], steps: Steps) -> None:
    """Raise `EmbeddedError` when nothing helps; a Ctrl-C goes on to the next, harder signal."""
    interruption = None
    for number, patience_s in steps:
        try:
            if is_gone() or works(pid, number, is_gone, patience_s):
                break
        except KeyboardInterrupt as error:
            interruption = error
    else:
        raise EmbeddedError(f"process {pid} does not end")
    if interruption:
        raise interruption


def works(pid: int, number: signal.Signals, is_gone: Callable[[], bool], patience_s: float) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    return happens(is_gone, patience_s)


def happens(what: Callable[[], bool], within_s: float) -> bool:
    """Wait for it at short intervals."""
    deadline = time.monotonic() + within_s
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
