"""What stores new orders, on the twin and on PostgreSQL, with the batches that orders are created in."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from hello.connectors.postgres.batches import BatchedWrites, open_batches
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.order_store import order_store
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.batching import Batcher, Bounds
from hello.entities.errors import HelloError
from hello.entities.orders import LineView, OrderView
from hello.services.idempotency import IdempotentRequest
from hello.services.order_creation import (
    CreateOrder,
    NewOrder,
    OrderCreation,
    OrderStore,
    WantedOrder,
)
from hello.services.ports import Begin
from hello.services.security import Caller
from tests.support.builders import NOON
from tests.support.orders import CONFIRM_DELAY, OrderUseCases, of, rendered
from tests.twins.order_store import TwinOrderStore
from tests.twins.transaction import TwinBus, TwinUnitOfWork

LOCK_TIMEOUT_S = 0.3
FINGERPRINT = b"\0finger\xff"


@dataclass(frozen=True, slots=True)
class OrderShop:
    """A store of orders, the transactions that see what it stores, and the batches of their creation."""

    begin: Begin
    store: OrderStore
    creation: CreateOrder
    bus: TwinBus
    engine: AsyncEngine | None = None

    def use_cases(self) -> OrderUseCases:
        """Return use cases that store who orders, and what."""
        return OrderUseCases(self.begin, store=self.store)


def creation_of(store: OrderStore, bus: TwinBus) -> OrderCreation:
    return OrderCreation(
        store=store, publish=bus.publish, now=lambda: NOON, new_id=uuid7, confirm_delay=CONFIRM_DELAY
    )


def twin_shop(twin: TwinUnitOfWork) -> OrderShop:
    store, bus = TwinOrderStore(twin.begin), TwinBus()
    batcher = Batcher(
        creation_of(store, bus).create_all, Bounds(), lambda error: isinstance(error, HelloError)
    )
    creation = BatchedWrites(batcher)
    return OrderShop(twin.begin, store, creation, bus)


@asynccontextmanager
async def open_shop(database: Database, bounds: Bounds | None = None) -> AsyncIterator[OrderShop]:
    """Open one with connections of its own, as a process has it, that waits but shortly for locks."""
    database = replace(database, lock_timeout_s=LOCK_TIMEOUT_S)
    pooling = database.transaction_pooling
    async with (
        open_engine(database) as engine,
        open_batches(engine, bounds or Bounds(deadline_s=5), 2, transaction_pooling=pooling) as batches,
    ):
        store, bus = order_store(batches), TwinBus()
        creation = batches.writes("create_orders", creation_of(store, bus).create_all, batch=100)
        yield OrderShop(PostgresUnitOfWork.of(engine, 60).begin, store, creation, bus, engine)


def wanted(caller: Caller, *item_ids: UUID, once: IdempotentRequest | None = None) -> WantedOrder:
    return WantedOrder(caller.account_id, of(*item_ids), rendered, once, None)


def a_new_order(
    customer_id: UUID, key: str | None = None, lines: Sequence[LineView] = (), at: datetime = NOON
) -> NewOrder:
    lines = lines or [LineView(uuid7(), "A kite", 1999, 2)]
    order = OrderView.created(uuid7(), customer_id, lines, None, at)
    once = None
    if key is not None:
        once = IdempotentRequest(account_id=customer_id, key=key, fingerprint=FINGERPRINT)
    return NewOrder(order, at + CONFIRM_DELAY, rendered(order), once, None)
