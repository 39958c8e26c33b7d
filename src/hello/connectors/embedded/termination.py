"""Terminates processes with signals of increasing force, and waits for conditions."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from hello.connectors.embedded.errors import EmbeddedError

POLL_S = 0.01
Steps = tuple[tuple[signal.Signals, float], ...]
"""Signals, each with its time-out in seconds."""


def terminate(pid: int, is_gone: Callable[[], bool], steps: Steps) -> None:
    """Send the signals in order; Ctrl-C skips to the next one. Raise `EmbeddedError` if none works."""
    interruption = None
    for number, timeout_s in steps:
        try:
            if is_gone() or kill(pid, number, is_gone, timeout_s):
                break
        except KeyboardInterrupt as error:
            interruption = error
    else:
        raise EmbeddedError(f"process {pid} does not exit")
    if interruption:
        raise interruption


def kill(pid: int, number: signal.Signals, is_gone: Callable[[], bool], timeout_s: float) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    return wait_until(is_gone, timeout_s)


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Poll the condition; return whether it became true before the time-out."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
