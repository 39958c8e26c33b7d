"""In-memory twins of the repositories of orders and idempotency keys."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from uuid import UUID

from hello.entities.idempotency import IdempotencyKey, KeyOfAccount
from hello.entities.order_revisions import OrderRevision
from hello.entities.orders import PAGE_LINES, Order


@dataclass
class TwinIdempotencyKeys:
    rows: dict[KeyOfAccount, IdempotencyKey] = field(default_factory=dict)

    async def forget(self, before: datetime, limit: int) -> int:
        old = sorted(
            (row for row in self.rows.values() if row.created_at < before), key=lambda row: row.created_at
        )
        for row in old[:limit]:
            del self.rows[row.account_id, row.key]
        return len(old[:limit])


@dataclass
class TwinOrders:
    """Hands out copies, so that nothing is stored by accident; `locked` is what was found for a change."""

    rows: dict[UUID, Order] = field(default_factory=dict)
    replaced: list[OrderRevision] = field(default_factory=list)
    locked: list[UUID] = field(default_factory=list)

    async def add(self, order: Order) -> None:
        self.rows[order.id] = deepcopy(order)

    async def find(self, order_id: UUID, *, lock: bool = False) -> Order | None:
        if lock is True:  # which only a test can see: a twin has one transaction at a time
            self.locked.append(order_id)
        return deepcopy(self.rows.get(order_id))

    async def page(
        self, customer_id: UUID, status: str | None, before: UUID | None, limit: int
    ) -> Sequence[Order]:
        found = [
            order
            for order in self.rows.values()
            if order.customer_id == customer_id
            and status in {None, order.status}
            and (before is None or order.id < before)
        ]
        newest = sorted(found, key=lambda order: order.id, reverse=True)[:limit]
        lines = list(accumulate(len(order.lines) for order in newest))
        return deepcopy(newest[: 1 + bisect_left(lines, PAGE_LINES)])

    async def claim(self, now: datetime, limit: int) -> Sequence[Order]:
        due = {order.id: order.due_at for order in self.rows.values() if order.due_at and order.due_at <= now}
        return [deepcopy(self.rows[order_id]) for order_id in sorted(due, key=lambda one: due[one])[:limit]]

    async def save(self, orders: Sequence[Order]) -> None:
        """Leave the lines alone, as only `replace` stores them."""
        for order in orders:
            saved = deepcopy(order)
            saved.lines = self.rows[order.id].lines
            self.rows[order.id] = saved

    async def replace(self, order: Order, replaced: OrderRevision) -> None:
        self.rows[order.id] = deepcopy(order)
        self.replaced.append(deepcopy(replaced))

    async def revisions(self, order_id: UUID, after: int, until: int, limit: int) -> Sequence[OrderRevision]:
        found = [one for one in self.replaced if one.order_id == order_id and after < one.version <= until]
        return sorted(found, key=lambda one: one.version)[:limit]

    async def lock_open(self, customer_id: UUID, limit: int) -> Sequence[Order]:
        mine = [row for row in self.rows.values() if row.customer_id == customer_id and not row.is_final]
        return deepcopy(sorted(mine, key=lambda order: order.id)[:limit])

    async def remove_final(self, customer_id: UUID, limit: int) -> int:
        mine = [row.id for row in self.rows.values() if row.customer_id == customer_id and row.is_final]
        for order_id in mine[:limit]:
            del self.rows[order_id]
        return len(mine[:limit])

    async def next_due(self) -> datetime | None:
        return min((order.due_at for order in self.rows.values() if order.due_at), default=None)


@dataclass
class TwinGifts:
    rows: Counter[str] = field(default_factory=Counter)

    async def count(self, username: str) -> None:
        self.rows[username] += 1

    async def received(self, username: str) -> int:
        return self.rows[username]
