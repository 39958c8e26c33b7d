"""What metrics, logs and traces cost: `python -m benchmarks.observability`.

Processes that differ only in what they observe take turns under the same load: `GET /hello` on the fast path,
and an item on a route of FastAPI. The server is on one core, PostgreSQL and the load on another. `--before`
names the Python of another checkout, such as one without tracing, which takes its turns as well.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread

from rich.console import Console
from rich.table import Table

from benchmarks.catalogue import UNLIMITED, new_item
from benchmarks.commands import Words
from benchmarks.cores import Placement, placed
from benchmarks.database import Database, open_database
from benchmarks.errors import BenchError
from benchmarks.listeners import HOST
from benchmarks.load import Cell, Figure, Scenario, load, load_path
from benchmarks.options import positive
from benchmarks.places import ROOT
from benchmarks.programs import ensure
from benchmarks.running import Running, started
from benchmarks.servers import all_servers

SECONDS, ROUNDS, CONNECTIONS = 5, 5, 32
HELLO, ITEM = "GET /hello, fast path", "GET an item, FastAPI"
QUIET = {"LOG_LEVEL": "warning"}
Figures = Mapping[tuple[str, str], Sequence[Figure]]


@dataclass(frozen=True, slots=True)
class Variant:
    """A process, by its module and its settings; the first one is what the others are compared with."""

    title: str
    module: str = "hello"
    settings: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable

    def command(self, port: int, _: int) -> Words:
        return [self.python, "-m", self.module, "api", "--host", HOST, "--port", str(port)]


def variants(collector: str, before: Path | None) -> list[Variant]:
    tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "TRACING_SAMPLE": "0.01"}
    earlier = [] if before is None else [Variant("metrics and logs, another checkout", python=str(before))]
    return [
        Variant("neither metrics nor logs", "benchmarks.unobserved", QUIET),
        Variant("metrics", settings=QUIET),
        Variant("metrics and logs, tracing off", settings={}),
        *earlier,
        Variant("metrics, logs, traces of 1 %", settings=tracing),
    ]


class Collector(BaseHTTPRequestHandler):
    """Takes spans and keeps none: the costs of a real collector are not the service's."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def collecting() -> Iterator[str]:
    """Yield the address of a collector."""
    with ThreadingHTTPServer((HOST, 0), Collector) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serving(variant: Variant, placement: Placement, database: Database) -> Iterator[Running]:
    ours = all_servers()[0]
    off = {f"RATE_LIMIT_{group}": "off" for group in UNLIMITED} | {"PYTHONPATH": str(ROOT)}
    environment = {**ours.environment, **off, **variant.settings}
    server = replace(ours, name=variant.title, command=variant.command, environment=environment)
    with started(server, placement, database) as running:
        yield running


def measure(running: Running, seconds: int, database: Database) -> Iterator[tuple[str, Figure]]:
    path = new_item(running)
    for duration in (1, seconds):  # the first is a warm-up
        hello = load(running.port, Cell(Scenario.GET, CONNECTIONS), duration, database.names)
        item = load_path(running.port, path, CONNECTIONS, duration, database.names)
    yield from ((HELLO, hello), (ITEM, item))


def compared(options: argparse.Namespace) -> tuple[list[Variant], Figures]:
    """Let the variants take turns, so that a machine that becomes slower is so for all of them."""
    figures = defaultdict[tuple[str, str], list[Figure]](list)
    with placed(1, pinned=True) as placement, open_database() as database, collecting() as collector:
        wanted = variants(collector, options.before)
        for number in range(options.rounds):
            for variant in wanted if number % 2 == 0 else wanted[::-1]:
                with serving(variant, placement, database) as running:
                    for what, figure in measure(running, options.seconds, database):
                        figures[what, variant.title].append(figure)
    return wanted, figures


def table_of(what: str, wanted: Sequence[Variant], figures: Figures) -> Table:
    table = Table("observed", "requests/s", "cost", "p50 ms", "p99 ms", title=what)
    base = [figure.per_s for figure in figures[what, wanted[0].title]]
    for variant in wanted:
        runs = figures[what, variant.title]
        ratio = median(figure.per_s / alone for figure, alone in zip(runs, base, strict=True))
        table.add_row(
            variant.title,
            f"{median(figure.per_s for figure in runs):,.0f}",
            f"{1 - ratio:.1%}",
            f"{median(figure.p50_ms for figure in runs):.2f}",
            f"{median(figure.p99_ms for figure in runs):.2f}",
        )
    return table


def main() -> int:
    options = parser().parse_args()
    ensure("wrk", "wrk")
    try:
        wanted, figures = compared(options)
    except BenchError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    for what in (HELLO, ITEM):
        Console().print(table_of(what, wanted, figures))
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.observability", description="The cost of metrics, logs and traces."
    )
    made.add_argument("--seconds", type=positive, default=SECONDS, help="how long each time")
    made.add_argument("--rounds", type=positive, default=ROUNDS, help="how often each process has its turn")
    made.add_argument("--before", type=Path, help="the Python of another checkout")
    return made


if __name__ == "__main__":
    sys.exit(main())
