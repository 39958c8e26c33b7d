"""The figures of the routes as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.markdown import table
from benchmarks.routes.compared_servers import PEERS
from benchmarks.routes.figures import Cell, Figure, Figures
from benchmarks.routes.rounds import Plan
from benchmarks.routes.targets import Outcome, outcomes
from benchmarks.servers import HELLO
from benchmarks.targets import Verdict

NOT_MEASURED = "-"
LEGEND = """Of each server: requests/s; p50 and p99 in ms; CPU µs of a request, the server's and PostgreSQL's.
The ratios are the requests/s of `hello-on` to those of a peer."""


@dataclass(frozen=True, slots=True)
class Report:
    """`way` and `versions` say what was measured; `failure` is what has ended the run early, if anything."""

    plan: Plan
    way: str
    versions: str
    figures: Figures
    failure: str = ""

    def markdown(self) -> str:
        """Return the figures with each target."""
        return self._with(self._outcomes())

    def page(self) -> str:
        """Return the figures with the targets that are not met."""
        return self._with([one for one in self._outcomes() if one.verdict is not Verdict.MET])

    def _with(self, shown: Sequence[Outcome]) -> str:
        parts = [self.way, self.disturbance(), self.versions, LEGEND, self.routes(), self.memory()]
        return "\n\n".join([*parts, self.counts(), targets_table(shown)]) + "\n"

    def disturbance(self) -> str:
        turns, disturbed = self.figures.turns, self.figures.disturbed
        return f"Before {disturbed} of {turns} turns the machine was busy with something else."

    def routes(self) -> str:
        head = ("route", "connections", *self.names, *(f"to {peer}" for peer in self.peers))
        return table(head, map(self.row, self.plan.cells), numbers=len(head) - 1)

    def row(self, cell: Cell) -> Sequence[str]:
        found = [self.figures.of(cell, name) for name in self.names]
        ratios = [self.figures.ratio(cell, HELLO, peer) for peer in self.peers]
        return cell.route.title, str(cell.connections), *map(figure_text, found), *map(ratio_text, ratios)

    def memory(self) -> str:
        """Return the most that each server has held after any run."""
        found = [(name, self.figures.most_memory(self.plan.cells, name)) for name in self.names]
        rows = [(name, f"{most:,.0f}") for name, most in found if most is not None]
        return table(("server", "memory, MiB"), rows, numbers=1)

    def counts(self) -> str:
        verdicts = [one.verdict for one in self._outcomes()]
        return f"Targets: {', '.join(f'{verdicts.count(each)} {each}' for each in Verdict)}."

    def _outcomes(self) -> Sequence[Outcome]:
        return list(outcomes(self.plan.cells, self.figures))

    @property
    def names(self) -> Sequence[str]:
        return [server.name for server in self.plan.servers]

    @property
    def peers(self) -> Sequence[str]:
        return [name for name in self.names if name in PEERS]


def targets_table(found: Sequence[Outcome]) -> str:
    return table(("route", "connections", "target", "measured", "verdict"), [one.row for one in found])


def figure_text(figure: Figure | None) -> str:
    if figure is None:
        return NOT_MEASURED
    times, cpu = (
        f"{figure.p50_ms:.2f} / {figure.p99_ms:.2f}",
        f"{figure.server_us:,.0f} + {figure.postgres_us:,.0f}",
    )
    return f"{figure.per_s:,.0f}<br>{times}<br>{cpu}"


def ratio_text(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:.2f}"
