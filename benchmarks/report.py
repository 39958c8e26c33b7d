"""The figures as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.figures import Figures
from benchmarks.load import Cell
from benchmarks.markdown import table
from benchmarks.rounds import Plan
from benchmarks.servers import BARE, GO
from benchmarks.targets import targets

NOT_MEASURED = "-"


@dataclass(frozen=True, slots=True)
class Report:
    """`way` and `versions` say what was measured, and are known before the figures are."""

    plan: Plan
    way: str
    versions: str
    pinned: bool
    figures: Figures

    def markdown(self) -> str:
        cells = map(self.cell, self.plan.cells)
        parts = [self.way, self.versions, self.disturbance(), *cells, f"### Targets\n\n{self.targets()}"]
        return "\n\n".join(parts) + "\n"

    def summary(self) -> str:
        """Return what the page in `docs` shows beside the picture: the targets, without a table per cell."""
        return f"{self.way}\n\n{self.disturbance()}\n\n{self.targets()}\n"

    def disturbance(self) -> str:
        turns, disturbed = self.figures.turns, self.figures.disturbed
        return f"Before {disturbed} of {turns} turns the machine was busy with something else."

    def cell(self, cell: Cell) -> str:
        head = ("server", "requests/s", "p50 ms", "p99 ms", f"to {GO}", f"to {BARE}")
        rows = [self.row(cell, server.name) for server in self.plan.servers if server.takes(cell.scenario)]
        return f"### {cell.title}\n\n{table(head, rows, numbers=5)}"

    def row(self, cell: Cell, server: str) -> Sequence[str]:
        found = self.figures.of(cell, server)
        if found is None:
            return (server, *5 * (NOT_MEASURED,))
        ratios = [ratio(self.figures.ratio(cell, server, rival)) for rival in (GO, BARE)]
        return (server, f"{found.per_s:,.0f}", f"{found.p50_ms:.2f}", f"{found.p99_ms:.2f}", *ratios)

    def targets(self) -> str:
        rows = [
            (one.cell.title, one.title, one.measured(self.figures), one.verdict(self.figures))
            for one in targets(pinned=self.pinned)
        ]
        return table(("for", "target", "measured", "verdict"), rows)


def ratio(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:.2f}"
