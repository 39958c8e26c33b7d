"""What Hello is to reach beside its peers, and whether a run has shown it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.routes.catalogue import Kind, Route, Stored
from benchmarks.routes.compared_servers import RUST
from benchmarks.routes.figures import Cell, Figures
from benchmarks.servers import GO, HELLO
from benchmarks.targets import Verdict

MANY = (32, 128)
LONE = 0.8
ANYWHERE = ("all routes", "all")
MEMORY_MIB, ORDER_POSTGRES_US = 130, 100
TO_GO: Mapping[Kind, float] = {Kind.READ: 1.3, Kind.SHARED_PAGE: 3, Kind.PAGE: 0.9, Kind.PLAIN: 0.9}
OF_ROUTE = {"person": 1.1, "post-order": 3, "post-order-key": 3, "post-item": 1.5, "put-person": 2.2}
TO_RUST = {"item": 1, "order": 1, "me": 1}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`place` says which route and how many connections; `measured` is empty when nothing was."""

    place: tuple[str, str]
    target: str
    measured: str
    verdict: Verdict

    @property
    def row(self) -> Sequence[str]:
        return *self.place, self.target, self.measured, self.verdict


def outcomes(cells: Sequence[Cell], figures: Figures) -> Iterator[Outcome]:
    for cell in cells:
        yield from peer_outcomes(cell, figures)
        yield from order_outcomes(cell, figures)
    yield memory_outcome(cells, figures)


def peer_outcomes(cell: Cell, figures: Figures) -> Iterator[Outcome]:
    if cell.connections not in MANY:
        yield rate_outcome(cell, figures, GO, LONE)
        return
    yield rate_outcome(cell, figures, GO, to_go(cell.route))
    yield tail_outcome(cell, figures)
    if wanted := TO_RUST.get(cell.route.name):
        yield rate_outcome(cell, figures, RUST, wanted)


def to_go(route: Route) -> float:
    return OF_ROUTE[route.name] if route.name in OF_ROUTE else TO_GO[route.kind]


def rate_outcome(cell: Cell, figures: Figures, peer: str, wanted: float) -> Outcome:
    ratio, target = figures.ratio(cell, HELLO, peer), f"{wanted:g} times {peer}"
    if ratio is None:
        return Outcome(place(cell), target, "", Verdict.UNKNOWN)
    return Outcome(place(cell), target, f"{ratio:.2f}", verdict(met=ratio >= wanted))


def tail_outcome(cell: Cell, figures: Figures) -> Outcome:
    ours, theirs, target = figures.of(cell, HELLO), figures.of(cell, GO), f"p99 lower than {GO}"
    if ours is None or theirs is None:
        return Outcome(place(cell), target, "", Verdict.UNKNOWN)
    measured = f"{ours.p99_ms:.2f} beside {theirs.p99_ms:.2f} ms"
    return Outcome(place(cell), target, measured, verdict(met=ours.p99_ms < theirs.p99_ms))


def order_outcomes(cell: Cell, figures: Figures) -> Iterator[Outcome]:
    ours = figures.of(cell, HELLO)
    if ours and cell.route.stored is Stored.ORDERS and cell.connections in MANY:
        target, measured = f"PostgreSQL up to {ORDER_POSTGRES_US} µs", f"{ours.postgres_us:,.0f} µs"
        yield Outcome(place(cell), target, measured, verdict(met=ours.postgres_us <= ORDER_POSTGRES_US))


def memory_outcome(cells: Sequence[Cell], figures: Figures) -> Outcome:
    target, most = f"memory up to {MEMORY_MIB} MiB", figures.most_memory(cells, HELLO)
    if most is None:
        return Outcome(ANYWHERE, target, "", Verdict.UNKNOWN)
    return Outcome(ANYWHERE, target, f"{most:,.0f} MiB", verdict(met=most <= MEMORY_MIB))


def place(cell: Cell) -> tuple[str, str]:
    return cell.route.title, str(cell.connections)


def verdict(*, met: bool) -> Verdict:
    return Verdict.MET if met else Verdict.MISSED
