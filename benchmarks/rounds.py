"""The order of it: in each round the servers take turns, so that a slow minute of the machine hits all."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.checks import check
from benchmarks.cores import Placement
from benchmarks.database import Database
from benchmarks.errors import BenchError
from benchmarks.figures import Figures
from benchmarks.load import Cell, Figure, Scenario, load
from benchmarks.progress import say
from benchmarks.quiet import is_busy
from benchmarks.running import Running, started
from benchmarks.servers import Server

WARM_UP_S = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    servers: Sequence[Server]
    scenarios: Sequence[Scenario]
    connections: Sequence[int]
    rounds: int
    seconds: int

    @property
    def cells(self) -> list[Cell]:
        return [Cell(scenario, count) for scenario in self.scenarios for count in self.connections]


@dataclass(frozen=True, slots=True)
class Comparison:
    plan: Plan
    placement: Placement
    database: Database

    def run(self) -> Figures:
        figures = Figures()
        for number in range(self.plan.rounds):
            for connections in self.plan.connections:
                for server in rotated(self.plan.servers, number):
                    self._turn(server, connections, number, figures)
        return figures

    def _turn(self, server: Server, connections: int, number: int, figures: Figures) -> None:
        """Only one server is up at a time."""
        scenarios = [scenario for scenario in self.plan.scenarios if server.takes(scenario)]
        if not scenarios:
            return
        disturbed = is_busy()
        figures.begin_turn(disturbed=disturbed)
        if disturbed:
            say(f"the machine is busy with something else before the turn of {server.name}")
        with ExitStack() as stack:
            running = self._fastest_start(server, Cell(scenarios[0], connections), stack)
            for scenario in scenarios:
                cell = Cell(scenario, connections)
                figure = self._measure(running, cell, self.plan.seconds)
                figures.add(cell, server.name, figure)
                say(f"round {number + 1}/{self.plan.rounds}, {cell.title}: {server.name} {told(figure)}")

    def _fastest_start(self, server: Server, cell: Cell, stack: ExitStack) -> Running:
        """Start it as often as it asks for, keep the fastest, and stop the others."""
        candidates = [
            stack.enter_context(started(server, self.placement, self.database)) for _ in range(server.starts)
        ]
        if len(candidates) == 1:
            return candidates[0]
        speeds = [self._measure(candidate, cell, WARM_UP_S).per_s for candidate in candidates]
        fastest = candidates[speeds.index(max(speeds))]
        for other in candidates:
            if other is not fastest:
                other.stop()
        say(f"{server.name} starts at {', '.join(f'{speed:,.0f}' for speed in speeds)} a second")
        return fastest

    def _measure(self, running: Running, cell: Cell, seconds: int) -> Figure:
        """Check before, and make sure that it was the right server to the end."""
        check(running)
        self.database.tidy()
        try:
            self._load(running, cell, WARM_UP_S)
            figure = some(self._load(running, cell, seconds))
        except BenchError as error:
            raise running.failure(f"fails under load ({cell.title}): {error}") from error
        running.check_alive()
        return figure

    def _load(self, running: Running, cell: Cell, seconds: int) -> Figure:
        running.output.forget()
        return load(running.port, cell, seconds, self.database.names)


def some(figure: Figure) -> Figure:
    """Raise `BenchError` when nothing was answered; only a warm-up may be that slow."""
    if not figure.per_s:
        raise BenchError("no answer came")
    return figure


def rotated(servers: Sequence[Server], by: int) -> list[Server]:
    """Let another one begin in each round."""
    start = by % len(servers)
    return [*servers[start:], *servers[:start]]


def told(figure: Figure) -> str:
    return f"{figure.per_s:,.0f}/s, p50 {figure.p50_ms:.2f} ms, p99 {figure.p99_ms:.2f} ms"
