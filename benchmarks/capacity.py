"""How many cores a load needs, from measured costs: `python -m benchmarks.capacity --greet 20000`.

API and worker: docs/performance.md. PostgreSQL: the CPU of its processes under wrk with 32 connections,
beside other work, so rather too high; that of an order is an estimate. A batch serves whoever waits: its
cost per request falls with the load, so the model is too careful for more connections.
"""

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

BUSY = 0.6
"""How busy a core may be: beyond, waiting grows faster than the load."""
CONNECTIONS_PER_PROCESS = 20
ORDER_EVENTS, TRANSITIONS = 3, 2
US = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU of an API process, of a worker and of PostgreSQL for one request."""

    what: str
    api_us: float
    worker_us: float
    postgres_us: float


COSTS: Mapping[str, Cost] = {
    "greet": Cost("GET /hello", 34, 0, 12),
    "save": Cost("PUT /hello", 45, 0, 40),
    "today": Cost("today's birthdays", 22, 0, 4),
    "item": Cost("GET an item", 40, 0, 4),
    "order": Cost("POST an order, until it is shipped", 116, TRANSITIONS * 140 + ORDER_EVENTS * 600, 1100),
}


def cores(load: Mapping[str, float]) -> Mapping[str, int]:
    """Return the cores for requests a second of each kind; each API and worker process uses one core."""
    needed = {
        "API": sum(rate * COSTS[kind].api_us for kind, rate in load.items()),
        "worker": sum(rate * COSTS[kind].worker_us for kind, rate in load.items()),
        "PostgreSQL": sum(rate * COSTS[kind].postgres_us for kind, rate in load.items()),
    }
    return {role: math.ceil(microseconds / US / BUSY) for role, microseconds in needed.items()}


def connections(needed: Mapping[str, int]) -> int:
    """Return how many PostgreSQL must allow; the release that replaces processes has one more of each."""
    return (needed["API"] + needed["worker"] + 2) * CONNECTIONS_PER_PROCESS


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for kind, cost in COSTS.items():
        parser.add_argument(f"--{kind}", type=float, default=0, metavar="RATE", help=f"{cost.what}, a second")
    load = vars(parser.parse_args())
    needed = cores(load)
    table = Table("role", "cores at 60 %")
    for role, number in needed.items():
        table.add_row(role, str(number))
    console = Console()
    console.print(table)
    console.print(f"max_connections: at least {connections(needed)}, or a pooler")


if __name__ == "__main__":
    main()
