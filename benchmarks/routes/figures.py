"""What was measured of a route, round by round, and the medians of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median

from benchmarks.routes.catalogue import Route


@dataclass(frozen=True, slots=True)
class Cell:
    """What is asked for, over how many connections at once."""

    route: Route
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """CPU time is of one request, in microseconds; memory is what the server holds after the run."""

    per_s: float
    p50_ms: float
    p99_ms: float
    server_us: float
    postgres_us: float
    memory_mib: float


@dataclass(slots=True)
class Figures:
    """Before `disturbed` of the `turns` the machine was busy with something else."""

    turns: int = 0
    disturbed: int = 0
    rounds: dict[tuple[str, int, str], list[Figure]] = field(default_factory=dict)

    def begin_turn(self, *, disturbed: bool) -> None:
        self.turns += 1
        self.disturbed += disturbed

    def add(self, cell: Cell, server: str, figure: Figure) -> None:
        self.rounds.setdefault((cell.route.name, cell.connections, server), []).append(figure)

    def of(self, cell: Cell, server: str) -> Figure | None:
        """Return the median of each figure, None when it was not measured."""
        rounds = self.rounds.get((cell.route.name, cell.connections, server))
        return median_of(rounds) if rounds else None

    def ratio(self, cell: Cell, server: str, peer: str) -> float | None:
        """Return how many times as many requests the server answers as its peer."""
        ours, theirs = self.of(cell, server), self.of(cell, peer)
        return ours.per_s / theirs.per_s if ours and theirs else None

    def most_memory(self, cells: Iterable[Cell], server: str) -> float | None:
        """Return the most that the server has held after the runs, in MiB."""
        return max((found.memory_mib for cell in cells if (found := self.of(cell, server))), default=None)


def median_of(rounds: list[Figure]) -> Figure:
    def middle(value: Callable[[Figure], float]) -> float:
        return median(map(value, rounds))

    return Figure(
        per_s=middle(lambda one: one.per_s),
        p50_ms=middle(lambda one: one.p50_ms),
        p99_ms=middle(lambda one: one.p99_ms),
        server_us=middle(lambda one: one.server_us),
        postgres_us=middle(lambda one: one.postgres_us),
        memory_mib=middle(lambda one: one.memory_mib),
    )
