"""The order of it: in each round the servers take turns, so that a slow minute of the machine hits all."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.cores import Placement
from benchmarks.errors import BenchError
from benchmarks.progress import say
from benchmarks.quiet import is_busy
from benchmarks.rounds import rotated
from benchmarks.routes.catalogue import Route, Stored
from benchmarks.routes.checks import Reference
from benchmarks.routes.figures import Cell, Figure, Figures
from benchmarks.routes.load import Load, RequestFile, load
from benchmarks.routes.refusals import Refusals
from benchmarks.routes.rows import check_rows
from benchmarks.routes.sample_database import SampleDatabase
from benchmarks.routes.usage import Family
from benchmarks.running import Running, started
from benchmarks.servers import Server

WARM_UP_S = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    servers: Sequence[Server]
    routes: Sequence[Route]
    connections: Sequence[int]
    rounds: int
    seconds: int

    @property
    def cells(self) -> list[Cell]:
        return [Cell(route, count) for route in self.routes for count in self.connections]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`reference` knows what the first server has answered."""

    plan: Plan
    placement: Placement
    sample: SampleDatabase
    files: Mapping[str, RequestFile]
    reference: Reference
    refusals: Refusals

    def run(self, figures: Figures) -> None:
        """Add to the figures; raise `BenchError` at the first wrong answer."""
        for number in range(self.plan.rounds):
            for connections in self.plan.connections:
                for server in rotated(self.plan.servers, number):
                    self._turn(server, connections, number, figures)

    def _turn(self, server: Server, connections: int, number: int, figures: Figures) -> None:
        """Only one server is up at a time."""
        figures.begin_turn(disturbed=is_busy())
        with ExitStack() as stack:
            running = self._fastest_start(server, connections, stack)
            self.refusals.check(running)
            self.sample.restore(Stored.ORDERS)
            for route in self.plan.routes:
                cell = Cell(route, connections)
                figure = self._measure(running, cell)
                figures.add(cell, server.name, figure)
                say(f"round {number + 1}/{self.plan.rounds}, {line(cell, server, figure)}")

    def _fastest_start(self, server: Server, connections: int, stack: ExitStack) -> Running:
        """Start it as often as it asks for, keep the fastest, and stop the others."""
        candidates = [
            stack.enter_context(started(server, self.placement, self.sample.database))
            for _ in range(server.starts)
        ]
        if len(candidates) == 1:
            return candidates[0]
        file = self.files[self.plan.routes[0].name]
        speeds = [load(one.port, file, connections, WARM_UP_S).per_s for one in candidates]
        fastest = candidates[speeds.index(max(speeds))]
        for other in candidates:
            if other is not fastest:
                other.stop()
        return fastest

    def _measure(self, running: Running, cell: Cell) -> Figure:
        """Check before, and make sure that it was the right server to the end."""
        running.check_alive()
        self.reference.check(running, cell.route)
        self._restore(cell.route)
        try:
            figure = self._loaded(running, cell)
        except BenchError as error:
            raise running.failure(f"fails under load ({cell.route.title}): {error}") from error
        running.check_alive()
        return figure

    def _loaded(self, running: Running, cell: Cell) -> Figure:
        warm_up = self._load(running, cell, WARM_UP_S)
        server, postgres = Family(running.process.pid), self.sample.postgres
        before = server.cpu_s(), postgres.cpu_s()
        done = self._load(running, cell, self.plan.seconds)
        after = server.cpu_s(), postgres.cpu_s()
        figure = figure_of(done, before, after, server.resident_mib())
        if cell.route.stored:
            self.sample.settle()
            answered = warm_up.requests + done.requests
            check_rows(self.sample, cell.route, range(answered, answered + 2 * cell.connections + 1))
            self._restore(cell.route)
        return figure

    def _load(self, running: Running, cell: Cell, seconds: int) -> Load:
        running.output.forget()
        return load(running.port, self.files[cell.route.name], cell.connections, seconds)

    def _restore(self, route: Route) -> None:
        if route.stored:
            self.sample.restore(route.stored)


def figure_of(
    done: Load, before: tuple[float, float], after: tuple[float, float], memory_mib: float
) -> Figure:
    """Raise `BenchError` when nothing was answered; only a warm-up may be that slow."""
    if not done.requests:
        raise BenchError("no answer came")
    server_us, postgres_us = (
        1e6 * (now - then) / done.requests for then, now in zip(before, after, strict=True)
    )
    return Figure(
        per_s=done.per_s,
        p50_ms=done.p50_ms,
        p99_ms=done.p99_ms,
        server_us=server_us,
        postgres_us=postgres_us,
        memory_mib=memory_mib,
    )


def line(cell: Cell, server: Server, figure: Figure) -> str:
    cpu = f"{figure.server_us:,.0f} + {figure.postgres_us:,.0f} µs"
    times = f"p50 {figure.p50_ms:.2f} ms, p99 {figure.p99_ms:.2f} ms"
    where = f"{cell.route.name}, {cell.connections}"
    return f"{where}: {server.name} {figure.per_s:,.0f}/s, {times}, {cpu}"
