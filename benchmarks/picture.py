"""Which figures the picture shows: requests a second, with as many connections as there were."""

from benchmarks.chart import Bar, Group, svg
from benchmarks.figures import Figures
from benchmarks.load import Cell
from benchmarks.rounds import Plan


def picture(plan: Plan, figures: Figures) -> str:
    most = max(plan.connections)
    cells = [cell for cell in plan.cells if cell.connections == most]
    return svg("Requests a second", [group(plan, figures, cell) for cell in cells])


def group(plan: Plan, figures: Figures, cell: Cell) -> Group:
    bars = [
        Bar(server.title.replace("`", ""), found.per_s, server.name.startswith("hello"))
        for server in plan.servers
        if (found := figures.of(cell, server.name))
    ]
    return Group(f"{cell.title}: requests/s", bars)
