"""Orders of gifts: what their customers do with them."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar
from uuid import UUID

from hello.core.batching import Callback
from hello.core.clock import Clock
from hello.core.ids import NewUuid
from hello.core.traces import current_traceparent
from hello.entities.base import SeenVersions
from hello.entities.errors import NotFoundError
from hello.entities.orders import Order, OrderLine, OrderView, order_event
from hello.services.bus import DomainEvent, Publish
from hello.services.idempotency import IdempotentRequest
from hello.services.lookups import Lookup, OrderPage, OrderPageKey, checked
from hello.services.order_contents import OrderContent, Render, lines_of
from hello.services.order_creation import CreateOrder, WantedOrder, created
from hello.services.ports import Begin, Transaction
from hello.services.security import Caller


@dataclass(frozen=True, slots=True)
class OrderReplaced(DomainEvent):
    name: ClassVar[str] = "order.replaced"
    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrderCancelled(DomainEvent):
    name: ClassVar[str] = "order.cancelled"
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderService:
    """Titles and prices are those of the moment when an order is made or changed."""

    begin: Begin
    lookup: Lookup[UUID, OrderView]
    pages: Lookup[OrderPageKey, OrderPage]
    publish: Publish
    now: Clock
    new_id: NewUuid
    creation: CreateOrder

    async def create(
        self, caller: Caller, content: OrderContent, render: Render, once: IdempotentRequest | None = None
    ) -> bytes:
        """Return the order as rendered, or what was answered to the same request before.

        Raise `InvalidError` for an item or a recipient that cannot be had, `KeyReusedError`, or
        `ConflictError` while the same request still runs.
        """
        wanted = WantedOrder(caller.account_id, content, render, once, current_traceparent())
        return created(await self.creation.do(once or self.new_id(), wanted))

    def create_nowait(
        self,
        caller: Caller,
        content: OrderContent,
        render: Render,
        once: IdempotentRequest | None,
        callback: Callback[bytes],
    ) -> None:
        """Call back with what `create` returns or raises."""
        wanted = WantedOrder(caller.account_id, content, render, once, current_traceparent())
        self.creation.do_nowait(once or self.new_id(), wanted, checked(created, callback))

    async def page(self, caller: Caller, status: str | None, before: UUID | None, limit: int) -> OrderPage:
        """Return a page of the caller's."""
        key = OrderPageKey(caller.account_id, status, before, limit)
        return await self.pages.find(key) or OrderPage([], None)

    def page_nowait(self, key: OrderPageKey, callback: Callback[OrderPage]) -> None:
        """Call back with a page of the customer of the key."""
        self.pages.find_nowait(key, callback)

    async def read(self, caller: Caller, order_id: UUID) -> OrderView:
        """Raise `NotFoundError`, also for somebody else's."""
        return own(caller, await self.lookup.find(order_id))

    def read_nowait(self, caller: Caller, order_id: UUID, callback: Callback[OrderView]) -> None:
        """Call back with what `read` returns or raises."""
        self.lookup.find_nowait(order_id, checked(partial(own, caller), callback))

    async def replace(
        self, caller: Caller, order_id: UUID, content: OrderContent, seen: SeenVersions
    ) -> Order:
        """Raise `NotFoundError`, `StaleError`, `ConflictError` or `InvalidError`, in this order."""
        async with self.begin() as tx:
            order = await own_order(tx, caller, order_id, lock=True)
            order.check_version(seen)
            order.check_replaceable()
            lines = await new_lines(tx, content)
            replaced = order.replace_lines(lines, content.recipient, self.now())
            await tx.orders.replace(order, replaced)
            await tx.outbox.add(order_event(order))
        await self.publish(OrderReplaced(order_id))
        return order

    async def cancel(self, caller: Caller, order_id: UUID, seen: SeenVersions) -> None:
        """Raise `NotFoundError`, `StaleError` or `ConflictError`, in this order."""
        async with self.begin() as tx:
            order = await own_order(tx, caller, order_id, lock=True)
            order.check_version(seen)
            order.cancel(self.now())
            await tx.orders.save([order])
            await tx.outbox.add(order_event(order))
        await self.publish(OrderCancelled(order_id))


def own(caller: Caller, order: OrderView | None) -> OrderView:
    if order is None or order.customer_id != caller.account_id:
        raise NotFoundError("no such order")
    return order


async def own_order(tx: Transaction, caller: Caller, order_id: UUID, *, lock: bool = False) -> Order:
    """Raise `NotFoundError`, also for somebody else's."""
    order = await tx.orders.find(order_id, lock=lock)
    if order is None:
        raise NotFoundError("no such order")
    order.check_customer(caller.account_id)
    return order


async def new_lines(tx: Transaction, content: OrderContent) -> list[OrderLine]:
    """Raise what `lines_of` raises."""
    items = await tx.items.find_all({line.item_id for line in content.lines})
    name = content.recipient
    people = {name} if name is not None and await tx.people.knows(name) else ()
    return [OrderLine(**line._asdict()) for line in lines_of(content, items, people)]
