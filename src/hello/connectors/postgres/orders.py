"""Orders in PostgreSQL, always together with their lines and history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Insert, Select, Update, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from hello.connectors.postgres.batches import BatchedLookup, Batches
from hello.connectors.postgres.values import insert_all, table_of, values_of
from hello.entities.order_revisions import OrderRevision
from hello.entities.orders import (
    MOVES,
    PAGE_LINES,
    LineView,
    MoveView,
    Order,
    OrderLine,
    OrderMove,
    OrderView,
)
from hello.services.lookups import OrderPage, OrderPageKey

# Without a lock only a single statement sees an order, its lines and its history as of one moment. Behind a
# lock that somebody else held, only later statements see what he has done.
WHOLE = (joinedload(Order.lines, innerjoin=True), joinedload(Order.history, innerjoin=True))
WHOLE_BEHIND_LOCK = (selectinload(Order.lines), selectinload(Order.history))
FINAL = [status for status, moves in MOVES.items() if not moves]
PAGES_IN_BATCH = 20
VIEW = """
    placed.id, placed.customer_id, placed.status, placed.recipient, placed.total_cents, placed.version,
    placed.created_at, placed.updated_at, line.item_ids, line.titles, line.prices, line.quantities,
    move.statuses, move.times
"""
PARTS = """
    CROSS JOIN LATERAL (
        SELECT array_agg(item_id ORDER BY position) AS item_ids, array_agg(title ORDER BY position) AS titles,
            array_agg(unit_price_cents ORDER BY position) AS prices,
            array_agg(quantity ORDER BY position) AS quantities
        FROM order_lines WHERE order_id = placed.id
    ) AS line
    CROSS JOIN LATERAL (
        SELECT array_agg(status ORDER BY version) AS statuses, array_agg(at ORDER BY version) AS times
        FROM order_history WHERE order_id = placed.id
    ) AS move
"""
FIND = f"SELECT {VIEW} FROM orders AS placed {PARTS} WHERE placed.id = ANY($1::uuid[])"  # noqa: S608
GREATEST_ID = UUID(int=2**128 - 1)
PAGES = f"""
    SELECT * FROM (
        SELECT wanted.number, sum(cardinality(line.item_ids)) OVER newer AS lines_before, {VIEW}
        FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[]) WITH ORDINALITY
            AS wanted (customer_id, status, before, size, number)
        CROSS JOIN LATERAL (
            SELECT * FROM orders
            WHERE customer_id = wanted.customer_id AND id < wanted.before
                AND (wanted.status IS NULL OR status = wanted.status)
            ORDER BY id DESC LIMIT wanted.size
        ) AS placed
        {PARTS}
        WINDOW newer AS (PARTITION BY wanted.number ORDER BY placed.id DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) AS listed
    WHERE lines_before IS NULL OR lines_before < {PAGE_LINES}
    ORDER BY number, id DESC
"""  # noqa: S608
CHANGING = ("status", "recipient", "total_cents", "version", "due_at", "updated_at")


@dataclass(frozen=True, slots=True)
class PostgresOrders:
    session: AsyncSession

    async def add(self, order: Order) -> None:
        await self.session.execute(insert_whole([order]))

    async def find(self, order_id: UUID, *, lock: bool = False) -> Order | None:
        query = select(Order).where(Order.id == order_id)
        orders = await self._load(locking(query) if lock else query.options(*WHOLE))
        return orders[0] if orders else None

    async def claim(self, now: datetime, limit: int) -> Sequence[Order]:
        query = select(Order).where(Order.due_at <= now).order_by(Order.due_at).limit(limit)
        return await self._load(locking(query, skip_locked=True))

    async def save(self, orders: Sequence[Order]) -> None:
        await self.session.execute(update_with_moves(orders))

    async def replace(self, order: Order, replaced: OrderRevision) -> None:
        await self.session.execute(delete(OrderLine).where(OrderLine.order_id == order.id))
        saved = update_with_moves([order]).add_cte(insert_rows(order.lines).cte("lines"))
        kept = insert(OrderRevision).values(values_of(replaced))
        await self.session.execute(saved.add_cte(kept.cte("replaced")))

    async def revisions(self, order_id: UUID, after: int, until: int, limit: int) -> Sequence[OrderRevision]:
        query = select(OrderRevision).order_by(OrderRevision.version).limit(limit)
        query = query.where(
            OrderRevision.order_id == order_id, OrderRevision.version.between(after + 1, until)
        )
        return (await self.session.scalars(query)).all()

    async def lock_open(self, customer_id: UUID, limit: int) -> Sequence[Order]:
        query = select(Order).where(Order.customer_id == customer_id, Order.status.not_in(FINAL))
        return await self._load(locking(query.order_by(Order.id).limit(limit)))

    async def remove_final(self, customer_id: UUID, limit: int) -> int:
        query = select(Order.id).where(Order.customer_id == customer_id, Order.status.in_(FINAL))
        ids = (await self.session.scalars(query.order_by(Order.id).limit(limit).with_for_update())).all()
        for part in (OrderLine, OrderMove, OrderRevision) if ids else ():
            await self.session.execute(delete(part).where(part.order_id.in_(ids)))
        if ids:
            await self.session.execute(delete(Order).where(Order.id.in_(ids)))
        return len(ids)

    async def next_due(self) -> datetime | None:
        return await self.session.scalar(select(func.min(Order.due_at)))

    async def _load(self, query: Select[Order]) -> Sequence[Order]:
        """Take them out of the session, which would store every change of them a second time.

        So none is ever there already, to stay as it was although the query reads a newer one.
        """
        orders = (await self.session.scalars(query)).unique().all()
        self.session.expunge_all()
        return orders


def locking(query: Select[Order], *, skip_locked: bool = False) -> Select[Order]:
    return query.options(*WHOLE_BEHIND_LOCK).with_for_update(skip_locked=skip_locked)


def insert_whole(orders: Sequence[Order]) -> Insert:
    """Return one statement that stores new orders whole."""
    lines = insert_rows([line for order in orders for line in order.lines])
    moves = insert_rows([move for order in orders for move in order.history])
    return insert_rows(orders).add_cte(lines.cte("lines"), moves.cte("history"))


def insert_rows(entities: Sequence[Order] | Sequence[OrderLine] | Sequence[OrderMove]) -> Insert:
    return insert_all(type(entities[0]), list(map(values_of, entities)))


def update_with_moves(orders: Sequence[Order]) -> Update:
    changed_rows = table_of(Order, list(map(values_of, orders)))
    changed = (
        update(Order)
        .where(Order.id == changed_rows.c.id)
        .values({name: changed_rows.c[name] for name in CHANGING})
    )
    changed = changed.execution_options(synchronize_session=False)
    moves = [order.latest_move for order in orders if order.latest_move]
    return changed.add_cte(insert_rows(moves).cte("moves")) if moves else changed


def order_lookup(batches: Batches) -> BatchedLookup[UUID, OrderView]:
    return batches.lookup("orders", FIND, view_of)


def order_pages(batches: Batches) -> BatchedLookup[OrderPageKey, OrderPage]:
    statement = batches.reading(PAGES)

    async def find_all(keys: Mapping[OrderPageKey, None]) -> Mapping[OrderPageKey, OrderPage]:
        wanted = list(keys)
        pages: list[list[OrderView]] = [[] for _ in wanted]
        for row in await statement.fetch(*page_arguments(wanted)):
            pages[row[0] - 1].append(view_of(row[2:]))
        return {key: OrderPage.of(page, key.limit) for key, page in zip(wanted, pages, strict=True)}

    return BatchedLookup(batches.batcher("order_pages", find_all, batch=PAGES_IN_BATCH))


def page_arguments(keys: Sequence[OrderPageKey]) -> Sequence[Sequence[object]]:
    customers, statuses, befores, limits = zip(*keys, strict=True)
    return customers, statuses, [before or GREATEST_ID for before in befores], [limit + 1 for limit in limits]


def view_of(row: asyncpg.Record | Sequence[Any]) -> OrderView:
    lines = list(map(LineView, row[8], row[9], row[10], row[11]))
    return OrderView._make((*row[:8], lines, list(map(MoveView, row[12], row[13]))))
