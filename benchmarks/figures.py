"""What was measured, round by round, and the medians of it."""

from dataclasses import dataclass, field
from statistics import median

from benchmarks.load import Cell, Figure


@dataclass(slots=True)
class Figures:
    """Of so many `turns` of a server, in so many the machine was `disturbed` by something else."""

    turns: int = 0
    disturbed: int = 0
    rounds: dict[tuple[Cell, str], list[Figure]] = field(default_factory=dict)

    def begin_turn(self, *, disturbed: bool) -> None:
        self.turns += 1
        self.disturbed += disturbed

    def add(self, cell: Cell, server: str, figure: Figure) -> None:
        self.rounds.setdefault((cell, server), []).append(figure)

    def of(self, cell: Cell, server: str) -> Figure | None:
        """Return the median of each figure, None when it was not measured."""
        found = self.rounds.get((cell, server))
        if not found:
            return None
        return Figure(
            median(one.per_s for one in found),
            median(one.p50_ms for one in found),
            median(one.p99_ms for one in found),
        )

    def ratio(self, cell: Cell, server: str, rival: str) -> float | None:
        """Return how many times as many requests the server answers as its rival."""
        ours, theirs = self.of(cell, server), self.of(cell, rival)
        return ours.per_s / theirs.per_s if ours and theirs else None
