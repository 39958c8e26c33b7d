"""What a load has seen, and what the service has stored; only what a test cares about needs to be said."""

from collections.abc import Mapping, Sequence
from datetime import date

from tests.chaos.consistency import KEPT
from tests.chaos.facts import Facts, Life
from tests.chaos.watcher import Arrival
from tests.rehearsal.check import StoredFacts, Verdict
from tests.rehearsal.facts import KnownFacts
from tests.rehearsal.seconds import Second

MAY = date(1996, 5, 17)
JUNE = date(1996, 6, 1)


def a_second(at: int, requests: int = 10, failed: int = 0, repeated: int = 0) -> Second:
    p50_ms, p99_ms = (2, 20) if requests else (0, 0)
    return Second(
        at=at,
        requests={"greet": requests} if requests else {},
        failed={"greet: 500": failed} if failed else {},
        repeated={"save: cut": repeated} if repeated else {},
        p50_ms=p50_ms,
        p99_ms=p99_ms,
        max_ms=p99_ms,
    )


def known(**orders: str) -> KnownFacts:
    """Return what one knows who wrote `john` and ordered these, each for its recipient."""
    return KnownFacts(born={"john": {MAY}}, writes=1, orders=orders, orders_answered=len(orders))


def arrivals_of(order: str, life: Life) -> list[Arrival]:
    return [
        Arrival(f"{order}-{version}", f"order.{state}", order, {"version": version})
        for version, state in enumerate(life, 1)
    ]


def stored(
    lives: Mapping[str, Life],
    *,
    born: date = MAY,
    gifts: int | None = None,
    arrivals: Sequence[Arrival] | None = None,
    counted: Sequence[str] | None = None,
) -> StoredFacts:
    """Return what is right for orders to `john` with these lives, but for what is given."""
    shipped = [order for order, life in lives.items() if life == KEPT]
    came = [arrival for order, life in lives.items() for arrival in arrivals_of(order, life)]
    return StoredFacts(
        born={"john": born},
        orders=dict.fromkeys(lives, "john"),
        facts=Facts(lives, {"john": len(shipped) if gifts is None else gifts}, {}),
        counted=frozenset([f"{order}-3" for order in shipped] if counted is None else counted),
        arrivals=came if arrivals is None else arrivals,
    )


def names_of_faults(verdict: Verdict) -> list[str]:
    return [name for name, found in verdict.faults().items() if found]
