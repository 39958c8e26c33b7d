"""In-memory twin of what stores new orders."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hello.connectors.postgres.batches import Call
from hello.core.batching import Item, Key, Result
from hello.entities.errors import ConflictError, UnauthorizedError
from hello.entities.idempotency import IdempotencyKey, KeyOfAccount, StoredAnswer
from hello.entities.orders import Order, OrderLine, order_event
from hello.services.order_contents import PricedItem
from hello.services.order_creation import NewOrder
from hello.services.ports import Begin, Transaction
from tests.twins.orders import TwinIdempotencyKeys
from tests.twins.writes import TwinWrites


@dataclass
class TwinOrderStore:
    """`running` are the keys that another transaction holds."""

    begin: Begin
    running: set[KeyOfAccount] = field(default_factory=set)

    async def items(self, item_ids: Collection[UUID]) -> Mapping[UUID, PricedItem]:
        async with self.begin() as tx:
            return await tx.items.find_all(set(item_ids))

    async def known_people(self, usernames: Collection[str]) -> Collection[str]:
        async with self.begin() as tx:
            return {name for name in usernames if await tx.people.knows(name)}

    async def answers(self, keys: Collection[KeyOfAccount]) -> Mapping[KeyOfAccount, StoredAnswer]:
        async with self.begin() as tx:
            rows = rows_of(tx)
            return {key: StoredAnswer(rows[key].fingerprint, rows[key].answer) for key in keys if key in rows}

    async def add(self, orders: Sequence[NewOrder]) -> Collection[UUID]:
        async with self.begin() as tx:
            return {new.order.id for new in orders if await self._is_added(tx, new)}

    async def _is_added(self, tx: Transaction, new: NewOrder) -> bool:
        if await tx.accounts.find(new.order.customer_id) is None:
            raise UnauthorizedError("the account no longer exists")
        if new.once and new.once.key_of_account in self.running:
            raise ConflictError("a request with this key is still running")
        if new.once and new.once.key_of_account in rows_of(tx):
            return False
        if new.once:
            rows_of(tx)[new.once.key_of_account] = key_of(new)
        order = order_of(new)
        await tx.orders.add(order)
        await tx.outbox.add(order_event(order, new.traceparent))
        return True


def rows_of(tx: Transaction) -> dict[KeyOfAccount, IdempotencyKey]:
    assert isinstance(tx.idempotency_keys, TwinIdempotencyKeys)
    return tx.idempotency_keys.rows


def key_of(new: NewOrder) -> IdempotencyKey:
    assert new.once
    return IdempotencyKey(
        account_id=new.once.account_id,
        key=new.once.key,
        fingerprint=new.once.fingerprint,
        order_id=new.order.id,
        answer=new.answer,
        created_at=new.order.created_at,
    )


def order_of(new: NewOrder) -> Order:
    order = new.order
    return Order(
        id=order.id,
        customer_id=order.customer_id,
        recipient=order.recipient,
        lines=[OrderLine(**line._asdict()) for line in order.lines],
        due_at=new.due_at,
        created_at=order.created_at,
        traceparent=new.traceparent,
    )


def twin_writes(
    name: str,  # noqa: ARG001
    call: Call[Key, Item, Result],
    *,
    batch: int,  # noqa: ARG001
) -> TwinWrites[Key, Item, Result]:
    """Return writes that are made as `Batches.writes` makes those of PostgreSQL."""
    return TwinWrites(call)
