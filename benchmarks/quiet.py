"""Whether the machine has something else to do: figures of a busy machine compare nothing."""

import time

from benchmarks.family import PROC

LOOK_S, BUSY = 0.3, 0.2
IDLE, WAITING, ALL = 3, 4, 8  # the fields of `cpu` in /proc/stat; guests count twice behind the eighth


def is_busy() -> bool:
    """Look while nothing of ours runs but an idle PostgreSQL."""
    return busy_share(LOOK_S) > BUSY


def busy_share(seconds: float) -> float:
    """Return how much of all cores is in use, from 0 to 1."""
    idle, total = ticks()
    time.sleep(seconds)
    later_idle, later_total = ticks()
    return 1 - (later_idle - idle) / max(1, later_total - total)


def ticks() -> tuple[int, int]:
    fields = [int(field) for field in (PROC / "stat").read_text().splitlines()[0].split()[1 : ALL + 1]]
    return fields[IDLE] + fields[WAITING], sum(fields)
