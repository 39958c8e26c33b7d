"""The routes that are measured, and what is drawn for each request."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import quote

from benchmarks.routes.data import ACCOUNTS, LINES, QUERIES, SEED, SampleData

DRAWS, PAGES, LIMIT = 10_000, 100, 20
NO_ACCOUNT = -1
BIRTH_YEARS = (1940, 2019)


class Kind(StrEnum):
    """What the targets distinguish."""

    READ = "read by key"
    SHARED_PAGE = "one page"
    PAGE = "pages that differ"
    WRITE = "write"
    PLAIN = "no database"


class Stored(StrEnum):
    """What a write stores."""

    ORDERS = "orders"
    ITEMS = "items"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Draw:
    """One request; `account` is the index of the account whose token it has, `NO_ACCOUNT` for none."""

    path: str
    account: int = NO_ACCOUNT
    body: object = None


Draws: TypeAlias = Callable[[SampleData, random.Random], Iterator[Draw]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Requests of a `keyed` route have a new `Idempotency-Key` each."""

    name: str
    title: str
    kind: Kind
    draws: Draws
    method: str = "GET"
    status: int = 200
    keyed: bool = False
    stored: Stored | None = None

    def requests(self, data: SampleData) -> Iterator[Draw]:
        """Yield the same requests in each run."""
        return self.draws(data, random.Random(SEED))  # noqa: S311  # keeps no secret


def all_routes() -> dict[str, Route]:
    return {route.name: route for route in (*reads(), *pages(), *writes(), *plain())}


def reads() -> Sequence[Route]:
    return [
        Route(name="item", title="item by id", kind=Kind.READ, draws=item),
        Route(name="order", title="order by id", kind=Kind.READ, draws=order),
        Route(name="me", title="users/me", kind=Kind.READ, draws=me),
        Route(name="person", title="GET /hello", kind=Kind.READ, draws=person),
    ]


def pages() -> Sequence[Route]:
    shared, different = Kind.SHARED_PAGE, Kind.PAGE
    return [
        Route(name="items-one", title="items, one page", kind=shared, draws=items_one),
        Route(name="items-many", title=f"items, {PAGES} pages", kind=different, draws=items_many),
        Route(name="orders-one", title="orders, one account", kind=shared, draws=orders_one),
        Route(name="orders-many", title=f"orders, {ACCOUNTS} accounts", kind=different, draws=orders_many),
        Route(name="today", title="birthdays today", kind=shared, draws=birthdays_today),
        Route(name="upcoming", title="birthdays upcoming", kind=different, draws=birthdays_upcoming),
        Route(name="search", title=f"search, {len(QUERIES)} queries", kind=different, draws=search),
    ]


def writes() -> Sequence[Route]:
    return [
        post("post-order", "POST order", new_order, Stored.ORDERS),
        post("post-order-key", "POST order with a key", new_order, Stored.ORDERS, keyed=True),
        post("post-item", "POST item", new_item, Stored.ITEMS),
        Route(
            name="put-person",
            title="PUT /hello",
            kind=Kind.WRITE,
            draws=new_birth,
            method="PUT",
            status=204,
            stored=Stored.PEOPLE,
        ),
    ]


def post(name: str, title: str, draws: Draws, stored: Stored, *, keyed: bool = False) -> Route:
    return Route(
        name=name,
        title=title,
        kind=Kind.WRITE,
        draws=draws,
        method="POST",
        status=201,
        keyed=keyed,
        stored=stored,
    )


def plain() -> Sequence[Route]:
    return [
        Route(name="health", title="health", kind=Kind.PLAIN, draws=health),
        Route(name="not-found", title="unknown path", kind=Kind.PLAIN, draws=unknown, status=404),
    ]


def item(data: SampleData, chance: random.Random) -> Iterator[Draw]:
    for one in chance.choices(data.items, k=DRAWS):
        yield Draw(f"/api/v1/items/{one.id}")


def order(data: SampleData, chance: random.Random) -> Iterator[Draw]:
    for one in chance.choices(data.orders, k=DRAWS):
        yield Draw(f"/api/v1/orders/{one.id}", one.account)


def me(_: SampleData, __: random.Random) -> Iterator[Draw]:
    for account in range(ACCOUNTS):
        yield Draw("/api/v1/users/me", account)


def person(data: SampleData, _: random.Random) -> Iterator[Draw]:
    for name in data.names:
        yield Draw(f"/hello/{name}")


def items_one(_: SampleData, __: random.Random) -> Iterator[Draw]:
    yield Draw(f"/api/v1/items?limit={LIMIT}")


def items_many(_: SampleData, __: random.Random) -> Iterator[Draw]:
    for number in range(PAGES):
        yield Draw(f"/api/v1/items?skip={number * LIMIT}&limit={LIMIT}")


def orders_one(_: SampleData, __: random.Random) -> Iterator[Draw]:
    yield Draw(f"/api/v1/orders?limit={LIMIT}", 0)


def orders_many(_: SampleData, __: random.Random) -> Iterator[Draw]:
    for account in range(ACCOUNTS):
        yield Draw(f"/api/v1/orders?limit={LIMIT}", account)


def birthdays_today(_: SampleData, __: random.Random) -> Iterator[Draw]:
    yield Draw("/api/v1/birthdays/today")


def birthdays_upcoming(_: SampleData, __: random.Random) -> Iterator[Draw]:
    for days in range(1, PAGES // 5 + 1):
        for limit in range(LIMIT - 4, LIMIT + 1):
            yield Draw(f"/api/v1/birthdays/upcoming?days={days}&limit={limit}")


def search(_: SampleData, __: random.Random) -> Iterator[Draw]:
    for query in QUERIES:
        yield Draw(f"/api/v1/search/items?q={quote(query)}")


def new_order(data: SampleData, chance: random.Random) -> Iterator[Draw]:
    for number in range(DRAWS):
        lines = [{"item_id": str(one.id), "quantity": 1} for one in chance.sample(data.items, LINES)]
        yield Draw("/api/v1/orders", number % ACCOUNTS, {"lines": lines})


def new_item(data: SampleData, chance: random.Random) -> Iterator[Draw]:
    for number in range(DRAWS):
        one = chance.choice(data.items)
        content = {"title": one.title, "description": one.description, "price_cents": one.price_cents}
        yield Draw("/api/v1/items", number % ACCOUNTS, content)


def new_birth(data: SampleData, chance: random.Random) -> Iterator[Draw]:
    for name in data.names:
        year, month, day = chance.randint(*BIRTH_YEARS), chance.randint(1, 12), chance.randint(1, 28)
        yield Draw(f"/hello/{name}", body={"dateOfBirth": f"{year}-{month:02}-{day:02}"})


def health(_: SampleData, __: random.Random) -> Iterator[Draw]:
    yield Draw("/api/v1/health")


def unknown(_: SampleData, __: random.Random) -> Iterator[Draw]:
    yield Draw("/api/v1/nothing")
