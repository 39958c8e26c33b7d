"""What Hello is to reach beside its peers, and whether a run has shown it."""

from dataclasses import dataclass
from enum import StrEnum

from benchmarks.figures import Figures
from benchmarks.load import Cell, Scenario
from benchmarks.servers import BARE, GO, HELLO, SYNC


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    UNKNOWN = "not measured"


@dataclass(frozen=True, slots=True)
class Target:
    """So many times the rival's requests a second, with a lower p99 where that is asked for too."""

    cell: Cell
    rival: str
    ratio: float
    lower_p99: bool = False

    @property
    def title(self) -> str:
        return f"{self.ratio:g} times {self.rival}{', lower p99' if self.lower_p99 else ''}"

    def measured(self, figures: Figures) -> str:
        ratio = figures.ratio(self.cell, HELLO, self.rival)
        ours, theirs = figures.of(self.cell, HELLO), figures.of(self.cell, self.rival)
        if ratio is None or ours is None or theirs is None:
            return ""
        tail = f", p99 {ours.p99_ms:.2f} beside {theirs.p99_ms:.2f} ms" if self.lower_p99 else ""
        return f"{ratio:.2f} times{tail}"

    def verdict(self, figures: Figures) -> Verdict:
        ours, theirs = figures.of(self.cell, HELLO), figures.of(self.cell, self.rival)
        if ours is None or theirs is None:
            return Verdict.UNKNOWN
        fast = ours.per_s >= self.ratio * theirs.per_s
        steady = not self.lower_p99 or ours.p99_ms < theirs.p99_ms
        return Verdict.MET if fast and steady else Verdict.MISSED


def targets(*, pinned: bool) -> list[Target]:
    return pinned_targets() if pinned else whole_machine_targets()


def pinned_targets() -> list[Target]:
    ratios = {Scenario.GET: 1.1, Scenario.PUT: 2.0, Scenario.MIX: 1.4}
    return [
        *(Target(Cell(one, many), GO, ratios[one], lower_p99=True) for many in (128, 32) for one in ratios),
        *(Target(Cell(one, 1), GO, 0.7) for one in (Scenario.GET, Scenario.PUT)),
        *(Target(Cell(one, 128), SYNC, 30) for one in ratios),
        Target(Cell(Scenario.GET, 128), BARE, 0.6),
        Target(Cell(Scenario.TODAY, 128), BARE, 0.8),
    ]


def whole_machine_targets() -> list[Target]:
    return [Target(Cell(Scenario.GET, 128), GO, 1.2), Target(Cell(Scenario.PUT, 128), GO, 2)]
