"""How much load this machine carries before anything is rehearsed."""

import time
from pathlib import Path

from tests.rehearsal.loading import Load, loading
from tests.support.programs.progress import say

TRIED_S, WARM_S, LATE_MS = 6, 2, 500
LEAST = 50
"""A rehearsal with fewer requests a second would show little."""


def fitting_rate(url: str, folder: Path, rate: float) -> float:
    """Halve the rate until all is answered in time: later failures are not of a slow machine then."""
    while rate > LEAST and not carries(url, folder / f"{rate:g}", rate):
        say(f"this machine does not carry {rate:g} requests/s now")
        rate = max(LEAST, rate / 2)
    return rate


def carries(url: str, folder: Path, rate: float) -> bool:
    """The first requests to a new process are slow, so they do not count."""
    with loading(url, folder, rate) as load:
        time.sleep(TRIED_S)
        load.stop()
    return is_calm(load)


def is_calm(load: Load) -> bool:
    seconds = load.seconds()[WARM_S:]
    return all(not second.failed and second.p99_ms < LATE_MS for second in seconds)
