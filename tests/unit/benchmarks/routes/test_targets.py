"""The targets of the routes, and when they are met."""

import pytest
from benchmarks.routes.catalogue import all_routes
from benchmarks.routes.figures import Cell, Figure, Figures
from benchmarks.routes.targets import outcomes
from benchmarks.targets import Verdict

from tests.unit.benchmarks.routes.conftest import Measure

ROUTES = all_routes()
RATES = {
    "item": 1.3,
    "me": 1.3,
    "items-one": 3,
    "today": 3,
    "orders-many": 0.9,
    "search": 0.9,
    "health": 0.9,
    "post-order": 3,
    "post-order-key": 3,
    "post-item": 1.5,
    "put-person": 2.2,
}


def verdicts(route: str, connections: int, **measured: Figure) -> dict[str, Verdict]:
    cell, figures = Cell(ROUTES[route], connections), Figures()
    for server, figure in measured.items():
        figures.add(cell, server.replace("_", "-"), figure)
    return {one.target: one.verdict for one in outcomes([cell], figures)}


@pytest.mark.parametrize(("route", "wanted"), list(RATES.items()))
@pytest.mark.parametrize("connections", [32, 128])
def test_rate_beside_go(route: str, wanted: float, connections: int, measure: Measure) -> None:
    target, go = f"{wanted:g} times go", measure(1000)
    enough, too_few = measure(1000 * wanted), measure(1000 * wanted - 10)
    assert verdicts(route, connections, hello_on=enough, go=go)[target] is Verdict.MET
    assert verdicts(route, connections, hello_on=too_few, go=go)[target] is Verdict.MISSED


def test_a_lone_connection_has_one_target(measure: Measure) -> None:
    found = verdicts("post-order", 1, hello_on=measure(800), go=measure(1000))
    assert found["0.8 times go"] is Verdict.MET
    assert set(found) == {"0.8 times go", "memory up to 130 MiB"}


def test_reads_by_key_are_as_fast_as_rust(measure: Measure) -> None:
    fast, slow = measure(1000), measure(990)
    assert verdicts("item", 32, hello_on=fast, rust=fast)["1 times rust"] is Verdict.MET
    assert verdicts("item", 32, hello_on=slow, rust=fast)["1 times rust"] is Verdict.MISSED
    assert "1 times rust" not in verdicts("items-one", 32, hello_on=fast, rust=fast)


def test_the_tail_is_shorter_than_that_of_go(measure: Measure) -> None:
    ours, theirs = measure(p99_ms=5), measure(p99_ms=5.1)
    assert verdicts("item", 32, hello_on=ours, go=theirs)["p99 lower than go"] is Verdict.MET
    assert verdicts("item", 32, hello_on=theirs, go=ours)["p99 lower than go"] is Verdict.MISSED


def test_memory_and_the_cost_of_an_order_have_bounds(measure: Measure) -> None:
    low, high = measure(memory_mib=130, postgres_us=100), measure(memory_mib=131, postgres_us=101)
    targets = ("memory up to 130 MiB", "PostgreSQL up to 100 µs")
    for figure, verdict in ((low, Verdict.MET), (high, Verdict.MISSED)):
        found = verdicts("post-order", 128, hello_on=figure)
        assert [found[target] for target in targets] == [verdict, verdict]


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert set(verdicts("item", 32).values()) == {Verdict.UNKNOWN}
