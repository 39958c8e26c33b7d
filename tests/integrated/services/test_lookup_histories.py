"""Reads of two processes while both write: none is older than its question, and none has another's row."""

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from uuid import UUID

import pytest

from hello.bootstrap.connectors import lookups_of
from hello.connectors.postgres.batches import open_batches
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.batching import Bounds
from hello.entities.accounts import Account
from hello.entities.errors import ConflictError, NotFoundError
from hello.entities.items import ItemView
from hello.entities.orders import OrderView
from hello.services.accounts import registration
from hello.services.items import ItemContent
from hello.services.lookups import ItemPageKey, Lookups, OrderPageKey
from hello.services.security import Caller
from tests.support.builders import a_change, a_name, an_account
from tests.support.catalogue import Catalogue
from tests.support.orders import OrderUseCases, of

pytestmark = pytest.mark.integrated
CUSTOMERS, THINGS, WRITERS, READERS, WRITES = 3, 6, 4, 8, 25
GONE = 10**6
"""The version of an item that has been removed."""


@dataclass(frozen=True, slots=True)
class Process:
    catalogue: Catalogue
    orders: OrderUseCases
    lookups: Lookups


@dataclass
class History(ABC):
    """What reads must see: `acknowledged` versions at least, and of each version what was written."""

    processes: list[Process]
    random: Random
    callers: list[Caller]
    owners: dict[UUID, Caller] = field(default_factory=dict)
    acknowledged: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    written: dict[tuple[UUID, int], object] = field(default_factory=dict)
    seen: list[tuple[UUID, int, object]] = field(default_factory=list)
    removing: set[UUID] = field(default_factory=set)
    numbers: Callable[[], int] = count(1).__next__

    def process(self) -> Process:
        return self.random.choice(self.processes)

    def wrote(self, key: UUID, version: int, content: object) -> None:
        self.written[key, version] = content
        self.acknowledged[key] = max(self.acknowledged[key], version)

    def saw(self, key: UUID, least: int, found: ItemView | OrderView | None) -> None:
        if found is None:
            assert key in self.removing
            return
        assert found.id == key
        assert found.version >= least
        owner = found.owner_id if isinstance(found, ItemView) else found.customer_id
        assert owner == self.owners[key].account_id
        self.seen.append((key, found.version, content_of(found)))

    def any_key(self) -> UUID:
        return self.random.choice(list(self.owners))

    @abstractmethod
    async def create(self) -> None: ...

    @abstractmethod
    async def change(self, key: UUID) -> None: ...

    @abstractmethod
    async def read(self, key: UUID) -> None: ...

    @abstractmethod
    async def read_page(self, key: UUID) -> None: ...

    async def write(self) -> None:
        for _ in range(WRITES):
            await self.change(self.any_key())

    async def write_all(self) -> None:
        await asyncio.gather(*(self.write() for _ in range(WRITERS)))

    async def repeat(self, read: Callable[[UUID], Awaitable[None]]) -> None:
        while True:
            await read(self.any_key())

    async def run(self) -> None:
        """Read until all is written; raise what fails."""
        for _ in range(THINGS):
            await self.create()
        reads = [*[self.read] * READERS, self.read_page, self.read_page]
        readers = [asyncio.create_task(self.repeat(read)) for read in reads]
        writers = asyncio.create_task(self.write_all())
        await asyncio.wait([writers, *readers], return_when=asyncio.FIRST_COMPLETED)
        for reader in readers:
            reader.cancel()
        ends = await asyncio.gather(*readers, return_exceptions=True)
        assert [end for end in ends if not isinstance(end, asyncio.CancelledError)] == []
        await writers
        assert len(self.seen) > WRITERS * WRITES
        assert [one for one in self.seen if self.written[one[:2]] != one[2]] == []


def content_of(found: ItemView | OrderView) -> object:
    if isinstance(found, ItemView):
        return found.title
    return found.status, [line.quantity for line in found.lines], len(found.history)


class ItemHistory(History):
    """Items that are replaced, and now and then removed while others replace them."""

    async def create(self) -> None:
        owner, title = self.random.choice(self.callers), f"item {self.numbers()}"
        created = await self.process().catalogue.items.create(owner, ItemContent(title=title))
        self.owners[created.id] = owner
        self.wrote(created.id, 1, title)

    async def change(self, key: UUID) -> None:
        with suppress(NotFoundError):
            if self.random.random() < 0.1:
                await self.remove(key)
                await self.create()
            else:
                await self.replace(key)

    async def replace(self, key: UUID) -> None:
        content = ItemContent(title=f"item {self.numbers()}")
        changed = await self.process().catalogue.items.replace(self.owners[key], key, content, None)
        self.wrote(key, changed.version, content.title)

    async def remove(self, key: UUID) -> None:
        self.removing.add(key)
        await self.process().catalogue.items.remove(self.owners[key], key, None)
        self.acknowledged[key] = GONE

    async def read(self, key: UUID) -> None:
        least = self.acknowledged[key]
        self.saw(key, least, await self.process().lookups.items.find(key))

    async def read_page(self, _: UUID) -> None:
        least = dict(self.acknowledged)
        page = await self.process().lookups.item_pages.find(ItemPageKey(self.random.randrange(3), 50))
        assert page
        ids = [item.id for item in page.items]
        assert ids == sorted(set(ids), reverse=True)
        for item in page.items:
            if item.id in least:
                self.saw(item.id, least[item.id], item)


@dataclass(kw_only=True)
class OrderHistory(History):
    """Orders whose lines are replaced, and which are cancelled now and then."""

    kite: UUID

    async def create(self) -> None:
        customer = self.random.choice(self.callers)
        order_id = await self.process().orders.ordered(customer, of(self.kite))
        self.owners[order_id] = customer
        self.wrote(order_id, 1, ("CREATED", [1], 1))

    async def change(self, key: UUID) -> None:
        with suppress(ConflictError):
            if self.random.random() < 0.1:
                await self.cancel(key)
                await self.create()
            else:
                await self.replace(key)

    async def replace(self, key: UUID) -> None:
        quantity, lines = self.random.randrange(1, 1000), self.random.randrange(1, 4)
        content = of(*[self.kite] * lines, quantity=quantity)
        changed = await self.process().orders.orders.replace(self.owners[key], key, content, None)
        self.wrote(key, changed.version, ("CREATED", [quantity] * lines, 1))

    async def cancel(self, key: UUID) -> None:
        """A cancelled order never changes again: what is read now is what was written."""
        await self.process().orders.orders.cancel(self.owners[key], key, None)
        found = await self.process().lookups.orders.find(key)
        assert found
        assert [move.status for move in found.history] == ["CREATED", "CANCELLED"]
        self.wrote(key, found.version, content_of(found))

    async def read(self, key: UUID) -> None:
        least = self.acknowledged[key]
        self.saw(key, least, await self.process().lookups.orders.find(key))

    async def read_page(self, key: UUID) -> None:
        customer_id = self.owners[key].account_id
        least = {one: version for one, version in self.acknowledged.items() if self.is_of(one, customer_id)}
        page = await self.process().lookups.order_pages.find(OrderPageKey(customer_id, None, None, 1000))
        assert page
        assert {order.customer_id for order in page.orders} == {customer_id}
        assert least.keys() <= {order.id for order in page.orders}
        for order in page.orders:
            if order.id in least:
                self.saw(order.id, least[order.id], order)

    def is_of(self, key: UUID, customer_id: UUID) -> bool:
        return self.owners[key].account_id == customer_id


@pytest.fixture
async def processes(database: Database) -> AsyncIterator[list[Process]]:
    """Each has connections and batches of its own."""
    async with AsyncExitStack() as stack:
        processes = []
        for _ in range(2):
            engine = await stack.enter_async_context(open_engine(database))
            batches = await stack.enter_async_context(open_batches(engine, Bounds(deadline_s=30), 2))
            begin, lookups = PostgresUnitOfWork.of(engine, 30).begin, lookups_of(batches)
            catalogue = Catalogue(begin, lookups=lookups)
            processes.append(Process(catalogue, OrderUseCases(begin, lookups=lookups), lookups))
        yield processes


@pytest.fixture
async def callers(processes: list[Process]) -> list[Caller]:
    return [await processes[0].orders.somebody() for _ in range(CUSTOMERS)]


async def test_items_are_never_older_than_the_read_and_belong_to_their_key(
    processes: list[Process], callers: list[Caller]
) -> None:
    await ItemHistory(processes, Random(17), callers).run()  # noqa: S311


async def test_orders_are_never_older_than_the_read_and_belong_to_their_key(
    processes: list[Process], callers: list[Caller]
) -> None:
    kite = await processes[0].orders.item(callers[0])
    await OrderHistory(processes, Random(17), callers, kite=kite).run()  # noqa: S311


async def test_account_is_found_once_it_is_stored_and_never_after_it_is_removed(
    processes: list[Process],
) -> None:
    async def come_and_go() -> None:
        for begins, other in zip(processes * 5, processes[::-1] * 5, strict=True):
            account = an_account()
            account.full_name = a_name()
            await check(account, is_there=False)
            async with begins.catalogue.begin() as tx:
                await tx.accounts.add(account, registration(account))
            await check(account, is_there=True)
            async with other.catalogue.begin() as tx:
                await tx.accounts.remove(account.id, a_change(account.id, "account.deleted"))
            await check(account, is_there=False)

    async def check(account: Account, *, is_there: bool) -> None:
        for process in processes:
            found = await process.lookups.accounts.find(account.id)
            assert (found and found.full_name) == (account.full_name if is_there else None)

    await asyncio.gather(*(come_and_go() for _ in range(READERS)))
