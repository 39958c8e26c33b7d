"""The checker: what the customers of a load know, against what PostgreSQL and the broker say in the end."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hello.core.concurrency import group_by
from tests.chaos.consistency import KEPT, versions_of
from tests.chaos.facts import Facts, Life, connection_to, facts_of
from tests.chaos.watcher import Arrival, Watcher
from tests.rehearsal.facts import KnownFacts

BORN = "SELECT username, date_of_birth FROM people WHERE username = ANY($1)"
ORDERS = "SELECT id::text, recipient FROM orders WHERE customer_id = $1"
COUNTED = "SELECT event_id FROM inbox WHERE consumer = 'gifts'"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFacts:
    """`orders` are the recipients of the load's orders by id; without a watcher, `arrivals` is `None`."""

    born: Mapping[str, date]
    orders: Mapping[str, str]
    facts: Facts
    counted: frozenset[str]
    arrivals: Sequence[Arrival] | None = None

    @property
    def lives(self) -> Mapping[str, Life]:
        return {order: self.facts.lives.get(order, ()) for order in self.orders}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Each list names what is wrong; all are empty after a good rehearsal."""

    lost_writes: Sequence[str]
    lost_orders: Sequence[str]
    orders_made_twice: Sequence[str]
    orders_moved_wrongly: Sequence[str]
    events_lost: Sequence[str]
    events_out_of_order: Sequence[str]
    gifts_miscounted: Sequence[str]
    dead_letters: Sequence[str]

    @property
    def is_good(self) -> bool:
        return not any(self.faults().values())

    def faults(self) -> Mapping[str, Sequence[str]]:
        names = self.__dataclass_fields__
        return {name.replace("_", " "): getattr(self, name) for name in names}


def verdict(known: KnownFacts, stored: StoredFacts) -> Verdict:
    return Verdict(
        lost_writes=[name for name, born in known.born.items() if stored.born.get(name) not in born],
        lost_orders=sorted(known.orders.keys() - stored.orders.keys()),
        orders_made_twice=made_twice(known, stored),
        orders_moved_wrongly=[order for order, life in stored.lives.items() if life != KEPT],
        events_lost=events_lost(stored),
        events_out_of_order=out_of_order(stored),
        gifts_miscounted=miscounted(stored),
        dead_letters=[f"{event}: {reason}" for event, reason in stored.facts.dead.items()],
    )


def made_twice(known: KnownFacts, stored: StoredFacts) -> Sequence[str]:
    """Allow one order for each request without an answer; two answers with one id are one order too few."""
    extra = sorted(stored.orders.keys() - known.orders.keys())
    answered_twice = known.orders_answered - len(known.orders)
    return [*extra[known.orders_unknown :], *["answered twice"] * answered_twice]


def events_lost(stored: StoredFacts) -> Sequence[str]:
    """Each shipped order was handled by the consumer, and every version of it came to the broker."""
    shipped = (f"{order}-{len(life)}" for order, life in stored.lives.items() if life[-1:] == ("shipped",))
    unhandled = [event for event in shipped if event not in stored.counted]
    if stored.arrivals is None:
        return unhandled
    came = {arrival.id for arrival in stored.arrivals}
    made = (f"{order}-{number}" for order, life in stored.lives.items() for number in range(1, len(life) + 1))
    return [*unhandled, *(event for event in made if event not in came)]


def out_of_order(stored: StoredFacts) -> Sequence[str]:
    """Allow an event to arrive again, after its first arrival."""
    first: dict[str, Arrival] = {}
    for arrival in stored.arrivals or ():
        first.setdefault(arrival.id, arrival)
    ours = [arrival for arrival in first.values() if arrival.subject in stored.orders]
    seen = {
        of_order[0].subject: versions_of(of_order) for of_order in group_by(ours, lambda one: one.subject)
    }
    return [order for order, versions in seen.items() if versions != sorted(versions)]


def miscounted(stored: StoredFacts) -> Sequence[str]:
    shipped = Counter(
        recipient for order, recipient in stored.orders.items() if stored.lives[order][-1:] == ("shipped",)
    )
    gifts = {name: count for name, count in stored.facts.gifts.items() if name in stored.born}
    return [
        f"{name}: {gifts.get(name, 0)} counted, {shipped[name]} shipped"
        for name in sorted(gifts.keys() | shipped)
        if gifts.get(name, 0) != shipped[name]
    ]


async def stored_facts(
    database_url: str, account_id: str, names: Sequence[str], watcher: Watcher | None = None
) -> StoredFacts:
    """Read after everything has settled: `tests.chaos.waiting.until_finished`."""
    async with connection_to(database_url) as connection:
        return StoredFacts(
            born=dict(await connection.fetch(BORN, names)),
            orders=dict(await connection.fetch(ORDERS, UUID(account_id))),
            counted=frozenset(row["event_id"] for row in await connection.fetch(COUNTED)),
            facts=await facts_of(database_url),
            arrivals=await watcher.arrivals() if watcher else None,
        )
