"""What the routes are measured on: accounts, items and orders beside the people of all benchmarks."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import product
from uuid import UUID

ACCOUNTS, ITEMS, ORDERS, LINES = 100, 10_000, 10_000, 2
SEED = 17
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
COLOURS = ("red", "blue", "green", "yellow", "white", "black", "violet", "orange", "grey", "silver")
MATERIALS = ("wooden", "cotton", "paper", "glass", "leather", "silk", "woollen", "copper", "bamboo", "felt")
PRODUCTS = ("kite", "lamp", "scarf", "puzzle", "teapot", "basket", "mirror", "drum", "globe", "blanket")
QUERIES = [f"{colour} {thing}" for colour, thing in product(COLOURS, PRODUCTS)]
DESCRIPTION = "Made by hand, in small numbers, and sent in a box that can be used again. "
LATER = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class SampleItem:
    id: UUID
    owner_id: UUID
    title: str
    price_cents: int
    created_at: datetime

    @property
    def description(self) -> str:
        return f"{self.title}. {DESCRIPTION}"

    @property
    def row(self) -> tuple[object, ...]:
        content = self.title, self.description, self.price_cents
        return self.id, *content, self.owner_id, 1, self.created_at, self.created_at


@dataclass(frozen=True, slots=True)
class SampleOrder:
    """`account` is the index of its customer's account."""

    id: UUID
    account: int
    customer_id: UUID
    items: Sequence[SampleItem]
    created_at: datetime

    @property
    def row(self) -> tuple[object, ...]:
        """Return the columns of the order; it is due when the benchmark is long over."""
        total, at = sum(item.price_cents for item in self.items), self.created_at
        return self.id, self.customer_id, "CREATED", None, total, 1, at + LATER, at, at

    @property
    def lines(self) -> Iterator[tuple[object, ...]]:
        for position, item in enumerate(self.items):
            yield self.id, position, item.id, item.title, item.price_cents, 1

    @property
    def move(self) -> tuple[object, ...]:
        return self.id, 1, "CREATED", self.created_at


@dataclass(frozen=True)
class SampleData:
    """The same in each run; `names` are those of the people."""

    names: Sequence[str]

    @cached_property
    def accounts(self) -> Sequence[UUID]:
        return [uuid7(moment(number), number) for number in range(ACCOUNTS)]

    @cached_property
    def items(self) -> Sequence[SampleItem]:
        chance = random.Random(SEED)  # noqa: S311  # keeps no secret, and is the same in each run
        return [self._item(number, chance) for number in range(ITEMS)]

    @cached_property
    def orders(self) -> Sequence[SampleOrder]:
        chance = random.Random(SEED)  # noqa: S311
        return [self._order(number, chance) for number in range(ORDERS)]

    def account_rows(self) -> Iterator[tuple[object, ...]]:
        for number, account_id in enumerate(self.accounts):
            email = f"user{number}@example.com"
            yield account_id, email, email, f"User {number}", "none", "user", moment(number)

    def _item(self, number: int, chance: random.Random) -> SampleItem:
        at = moment(number)
        title = " ".join(chance.choice(words) for words in (COLOURS, MATERIALS, PRODUCTS)).capitalize()
        owner = self.accounts[number % ACCOUNTS]
        return SampleItem(uuid7(at, number), owner, f"{title} {number}", chance.randint(100, 100_000), at)

    def _order(self, number: int, chance: random.Random) -> SampleOrder:
        account, at = number % ACCOUNTS, moment(number)
        items = chance.sample(self.items, LINES)
        return SampleOrder(uuid7(at, number), account, self.accounts[account], items, at)


def moment(number: int) -> datetime:
    """Return a time of its own for each number, with microseconds."""
    return BEGINNING + timedelta(minutes=number, microseconds=number)


def uuid7(at: datetime, number: int) -> UUID:
    """Return a UUID of version 7 (RFC 9562) whose random part is a number."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | number)
