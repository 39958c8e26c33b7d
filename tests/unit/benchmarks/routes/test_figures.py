"""Medians and ratios."""

import pytest
from benchmarks.routes.catalogue import all_routes
from benchmarks.routes.figures import Cell, Figures

from tests.unit.benchmarks.routes.conftest import Measure

CELL = Cell(all_routes()["item"], 32)


def test_each_figure_has_a_median_of_its_own(measure: Measure) -> None:
    figures = Figures()
    for per_s, p99_ms in ((100, 3.0), (300, 1.0), (200, 2.5)):
        figures.add(CELL, "go", measure(per_s, p99_ms=p99_ms))
    assert figures.of(CELL, "go") == measure(200, p99_ms=2.5)


def test_cells_and_servers_are_apart(measure: Measure) -> None:
    figures = Figures()
    figures.add(CELL, "go", measure())
    assert figures.of(CELL, "rust") is None
    assert figures.of(Cell(CELL.route, 128), "go") is None


def test_the_ratio_is_of_requests(measure: Measure) -> None:
    figures = Figures()
    figures.add(CELL, "hello-on", measure(300))
    assert figures.ratio(CELL, "hello-on", "go") is None
    figures.add(CELL, "go", measure(200))
    assert figures.ratio(CELL, "hello-on", "go") == pytest.approx(1.5)
