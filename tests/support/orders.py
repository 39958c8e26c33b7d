"""The use cases of orders on any database, with somebody who orders and something to be ordered."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from hello.entities.accounts import Role
from hello.entities.orders import Order, OrderView
from hello.interface.http.json_bodies import order_json
from hello.services.idempotency import IdempotencyService, IdempotentRequest
from hello.services.lookups import Lookups
from hello.services.order_contents import LineContent, OrderContent
from hello.services.order_creation import OrderCreation, OrderStore
from hello.services.order_progress import OrderProgress
from hello.services.orders import OrderService
from hello.services.ports import BatchCalls, Begin
from hello.services.security import Caller
from tests.support.builders import StoppedClock, a_change, an_account, an_item
from tests.twins.lookups import twin_lookups
from tests.twins.order_store import TwinOrderStore, twin_writes
from tests.twins.transaction import TwinBus, TwinUnitOfWork

CONFIRM_DELAY, SHIP_DELAY, KEPT = timedelta(seconds=5), timedelta(seconds=7), timedelta(days=7)


def rendered(order: OrderView) -> bytes:
    return order_json(order)


def shown(order: Order | OrderView) -> dict[str, Any]:
    """Return what the customer sees."""
    document: dict[str, Any] = json.loads(order_json(order))
    return document


def of(*item_ids: UUID, quantity: int = 1, recipient: str | None = None) -> OrderContent:
    return OrderContent(lines=[LineContent(one, quantity) for one in item_ids], recipient=recipient)


def a_request(caller: Caller, key: str, fingerprint: bytes = b"\0finger\xff") -> IdempotentRequest:
    return IdempotentRequest(account_id=caller.account_id, key=key, fingerprint=fingerprint)


@dataclass
class OrderUseCases:
    """Without `lookups` and `store`, all is done in transactions of `begin`, which must be a twin's then."""

    begin: Begin
    clock: StoppedClock = field(default_factory=StoppedClock)
    bus: TwinBus = field(default_factory=TwinBus)
    lookups: Lookups | None = None
    store: OrderStore | None = None
    writes: BatchCalls = twin_writes

    def __post_init__(self) -> None:
        begin, now, lookups = self.begin, self.clock, self.lookups or twin_lookups(self.begin)
        creation = OrderCreation(
            store=self.store or TwinOrderStore(begin),
            publish=self.bus.publish,
            now=now,
            new_id=uuid7,
            confirm_delay=CONFIRM_DELAY,
        )
        self.orders = OrderService(
            begin=begin,
            lookup=lookups.orders,
            pages=lookups.order_pages,
            publish=self.bus.publish,
            now=now,
            new_id=uuid7,
            creation=self.writes("create_orders", creation.create_all, batch=100),
        )
        self.moves = Counter[str]()
        self.progress = OrderProgress(
            begin=begin, now=now, ship_delay=SHIP_DELAY, count_move=lambda status: self.moves.update([status])
        )
        self.keys = IdempotencyService(begin=begin, now=now, kept=KEPT)

    async def somebody(self) -> Caller:
        account = an_account()
        async with self.begin() as tx:
            await tx.accounts.add(account, a_change(account.id, "account.registered"))
        return Caller(account.id, Role.USER)

    async def item(self, owner: Caller, title: str = "A kite", price_cents: int | None = 1999) -> UUID:
        async with self.begin() as tx:
            account = await tx.accounts.find(owner.account_id)
            assert account
            item = an_item(account, title)
            item.price_cents = price_cents
            await tx.items.add(item, a_change(item.id))
        return item.id

    async def reprice(self, item_id: UUID, price_cents: int) -> None:
        async with self.begin() as tx:
            item = await tx.items.find(item_id)
            assert item
            item.price_cents, item.title = price_cents, "A dear kite"
            await tx.items.replace(item, a_change(item_id, "item.updated"))

    async def order(
        self, caller: Caller, content: OrderContent, once: IdempotentRequest | None = None
    ) -> Mapping[str, Any]:
        """Return what the customer is told."""
        told: dict[str, Any] = json.loads(await self.orders.create(caller, content, rendered, once))
        return told

    async def ordered(self, caller: Caller, content: OrderContent) -> UUID:
        return UUID((await self.order(caller, content))["id"])

    async def histories(self, caller: Caller, order_ids: Iterable[UUID]) -> dict[UUID, str]:
        """Return the states of each, as in `CREATED CONFIRMED`."""
        orders = [await self.orders.read(caller, order_id) for order_id in order_ids]
        return {order.id: " ".join(move.status for move in order.history) for order in orders}


def event_types(twin: TwinUnitOfWork) -> list[str]:
    return [event.type for event in twin.stored.outbox.events]


def stored_state(twin: TwinUnitOfWork) -> tuple[Any, ...]:
    """Return all that a refused request must leave alone."""
    orders = {order_id: order.public() for order_id, order in twin.stored.orders.rows.items()}
    return orders, set(twin.stored.idempotency_keys.rows), event_types(twin)
