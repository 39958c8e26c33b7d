"""The report as Markdown."""

from dataclasses import replace

from benchmarks.routes.catalogue import all_routes
from benchmarks.routes.compared_servers import compared_servers
from benchmarks.routes.figures import Cell, Figures
from benchmarks.routes.report import Report
from benchmarks.routes.rounds import Plan
from benchmarks.routes.tokens import token_contract

from tests.unit.benchmarks.routes.conftest import Measure


def test_each_route_has_a_row_with_figures_and_ratios(measure: Measure) -> None:
    servers = compared_servers(token_contract())
    plan = Plan(
        servers=[servers[name] for name in ("hello-on", "go", "rust")],
        routes=[all_routes()["item"]],
        connections=[32],
        rounds=1,
        seconds=1,
    )
    figures, cell = Figures(), Cell(all_routes()["item"], 32)
    figures.add(cell, "hello-on", measure(30_000, memory_mib=123))
    figures.add(cell, "go", measure(20_000))
    report = Report(plan, "One day.", "| versions |", figures)
    text = report.markdown()
    times = "1.00 / 5.00<br>50 + 40"
    row = f"| item by id | 32 | 30,000<br>{times} | 20,000<br>{times} | - | 1.50 | - |"
    assert row in text
    assert "| route | connections | hello-on | go | rust | to go | to rust |" in text
    assert "| hello-on | 123 |" in text
    assert "| item by id | 32 | 1.3 times go | 1.50 | met |" in text
    assert "Targets: 2 met, 1 missed, 1 not measured." in text
    assert "| met |" not in report.page()
    assert "| item by id | 32 | p99 lower than go | 5.00 beside 5.00 ms | missed |" in report.page()
    assert replace(plan, connections=[1, 2]).cells == [Cell(cell.route, 1), Cell(cell.route, 2)]
