"""Orders of gifts: what their customers do with them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, TypeAlias
from uuid import UUID

from hello.core.batching import Callback
from hello.core.clock import Clock
from hello.core.ids import NewUuid
from hello.core.traces import current_traceparent
from hello.entities.base import SeenVersions
from hello.entities.errors import InvalidError, NotFoundError
from hello.entities.items import Item
from hello.entities.orders import Order, OrderLine, OrderView, order_event
from hello.services.bus import DomainEvent, Publish
from hello.services.idempotency import IdempotentRequest
from hello.services.lookups import Lookup, OrderPage, OrderPageKey
from hello.services.ports import Begin, Transaction
from hello.services.security import Caller

Render: TypeAlias = Callable[[Order], bytes]


@dataclass(frozen=True, slots=True)
class LineContent:
    item_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderContent:
    """What a customer decides; `recipient` is a person whose birthday we know."""

    lines: Sequence[LineContent]
    recipient: str | None = None


@dataclass(frozen=True, slots=True)
class OrderCreated(DomainEvent):
    name: ClassVar[str] = "order.created"
    order_id: UUID


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
    confirm_delay: timedelta

    async def create(
        self, caller: Caller, content: OrderContent, render: Render, once: IdempotentRequest | None = None
    ) -> bytes:
        """Return the order as rendered, or what was answered to the same request before.

        Raise `InvalidError` for an item or a recipient that cannot be had, and what `Once` raises.
        """
        async with self.begin() as tx:
            if once and (answer := await once.first_answer(tx)):
                return answer
            order = await self._new(tx, caller, content)
            answer = render(order)
            await asyncio.sleep(0)  # a hundred lines are milliseconds of work on either side
            await tx.orders.add(order, once.answered(answer, order) if once else None)
            await tx.outbox.add(order_event(order))
        await self.publish(OrderCreated(order.id))
        return answer

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

        def found(order: OrderView | None, error: Exception | None) -> None:
            if order is None or order.customer_id != caller.account_id:
                callback(None, error or NotFoundError("no such order"))
            else:
                callback(order, None)

        self.lookup.find_nowait(order_id, found)

    async def replace(
        self, caller: Caller, order_id: UUID, content: OrderContent, seen: SeenVersions
    ) -> Order:
        """Raise `NotFoundError`, `StaleError`, `ConflictError` or `InvalidError`, in this order."""
        async with self.begin() as tx:
            order = await own_order(tx, caller, order_id, lock=True)
            order.check_version(seen)
            order.check_replaceable()
            lines = await lines_of(tx, content)
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

    async def _new(self, tx: Transaction, caller: Caller, content: OrderContent) -> Order:
        lines, at = await lines_of(tx, content), self.now()
        return Order(
            id=self.new_id(),
            customer_id=caller.account_id,
            recipient=content.recipient,
            lines=lines,
            due_at=at + self.confirm_delay,
            created_at=at,
            traceparent=current_traceparent(),
        )


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


async def lines_of(tx: Transaction, content: OrderContent) -> list[OrderLine]:
    """Raise `InvalidError` for an unknown recipient, and for an item that cannot be had."""
    items = await tx.items.find_all({line.item_id for line in content.lines})
    lines = [line_of(position, line, items.get(line.item_id)) for position, line in enumerate(content.lines)]
    if content.recipient is not None and not await tx.people.knows(content.recipient):
        raise InvalidError("no user of this name", field="recipient")
    return lines


def line_of(position: int, wanted: LineContent, item: Item | None) -> OrderLine:
    field = f"lines.{position}.item_id"
    if item is None:
        raise InvalidError("no such item", field=field)
    if item.price_cents is None:
        raise InvalidError("this item has no price", field=field)
    return OrderLine(
        item_id=item.id, title=item.title, unit_price_cents=item.price_cents, quantity=wanted.quantity
    )
