"""Waiting until something has happened, by looking again and again."""

import time
from collections.abc import Callable


def until(condition: Callable[[], bool], timeout_s: float = 20, pause_s: float = 0.02) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(pause_s)
