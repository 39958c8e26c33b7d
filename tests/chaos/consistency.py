"""The verdict: what must be true of every order, event and gift, whatever was killed."""

from collections import Counter
from collections.abc import Mapping, Sequence

from hello.core.concurrency import group_by
from tests.chaos.customers import CANCEL, KEEP, REPLACE, PlacedOrder
from tests.chaos.facts import Facts, Life, facts_of
from tests.chaos.watcher import Arrival, Watcher

KEPT = ("created", "confirmed", "shipped")
REPLACED = ("created", "updated", "confirmed", "shipped")
CANCELLED = {("created", "cancelled"), ("created", "confirmed", "cancelled")}
ALLOWED: Mapping[tuple[str, bool], set[Life]] = {
    (KEEP, True): {KEPT},
    (REPLACE, True): {REPLACED},
    (REPLACE, False): {KEPT, REPLACED},
    (CANCEL, True): CANCELLED,
    (CANCEL, False): {KEPT, *CANCELLED},
}


async def assert_consistent(orders: Sequence[PlacedOrder], database_url: str, watcher: Watcher) -> None:
    facts, arrivals = await facts_of(database_url), await watcher.arrivals()
    assert_each_order_lived_once(orders, facts.lives)
    assert_each_event_arrived_in_order(arrivals, facts.lives)
    assert_each_gift_was_counted_once(orders, facts)


def assert_each_order_lived_once(orders: Sequence[PlacedOrder], lives: Mapping[str, Life]) -> None:
    ids = {order.id for order in orders}
    assert len(ids) == len(orders), "two orders are one"
    assert lives.keys() == ids, f"not ordered: {lives.keys() - ids}, missing: {ids - lives.keys()}"
    strange = {
        order.id: lives[order.id]
        for order in orders
        if lives[order.id] not in ALLOWED[order.wish, order.is_granted]
    }
    assert not strange, strange


def assert_each_event_arrived_in_order(arrivals: Sequence[Arrival], lives: Mapping[str, Life]) -> None:
    """Allow an event to arrive again unchanged, after its first arrival."""
    first: dict[str, Arrival] = {}
    for arrival in arrivals:
        assert first.setdefault(arrival.id, arrival) == arrival, f"{arrival.id} came back as another"
    seen = {
        events[0].subject: versions_of(events) for events in group_by(first.values(), lambda one: one.subject)
    }
    wrong = {
        order: seen.get(order) for order, life in lives.items() if seen.get(order) != list(enumerate(life, 1))
    }
    assert not wrong, wrong


def versions_of(arrivals: Sequence[Arrival]) -> list[tuple[int, str]]:
    return [(one.data.get("version", 0), one.type.removeprefix("order.")) for one in arrivals]


def assert_each_gift_was_counted_once(orders: Sequence[PlacedOrder], facts: Facts) -> None:
    shipped = Counter(order.recipient for order in orders if facts.lives[order.id][-1] == "shipped")
    assert facts.gifts == shipped, f"counted: {facts.gifts}, shipped: {shipped}"
    assert not facts.dead, facts.dead
