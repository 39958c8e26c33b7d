"""What metrics, logs and traces cost: `python -m benchmarks.observability`.

Processes that differ only in what they observe take turns under the same load: `GET /hello` on the fast path,
and an item on a route of FastAPI. The server is on one core, PostgreSQL and the load on another. `--before`
names the Python of another checkout, such as one without tracing, which takes its turns as well.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table
from tests.support.http.threaded import receiving

from benchmarks.catalogue import new_item, serving
from benchmarks.commands import Words
from benchmarks.cores import placed
from benchmarks.database import Database, open_database
from benchmarks.errors import BenchError
from benchmarks.listeners import HOST
from benchmarks.load import Cell, Figure, Scenario, load, load_path
from benchmarks.options import positive
from benchmarks.places import ROOT
from benchmarks.programs import ensure
from benchmarks.running import Running
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


def keep_nothing(_: Mapping[str, str], body: bytes) -> None:
    """Take spans: the costs of a real collector are not the service's."""


def measure(running: Running, seconds: int, database: Database) -> Iterator[tuple[str, Figure]]:
    path = new_item(running)
    for duration in (1, seconds):  # the first is a warm-up
        hello = load(running.port, Cell(Scenario.GET, CONNECTIONS), duration, database.names)
        item = load_path(running.port, path, CONNECTIONS, duration, database.names)
    yield from ((HELLO, hello), (ITEM, item))


def compared(options: argparse.Namespace) -> tuple[list[Variant], Figures]:
    """Let the variants take turns, so that a machine that becomes slower is so for all of them."""
    figures = defaultdict[tuple[str, str], list[Figure]](list)
    with placed(1, pinned=True) as placement, open_database() as database, receiving(keep_nothing) as url:
        wanted = variants(url, options.before)
        for number in range(options.rounds):
            for variant in wanted if number % 2 == 0 else wanted[::-1]:
                server = replace(all_servers()[0], name=variant.title, command=variant.command)
                settings = {**variant.settings, "PYTHONPATH": str(ROOT)}
                with serving(placement, database, server, **settings) as running:
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
