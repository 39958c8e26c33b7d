"""Orders in PostgreSQL, always together with their lines and history."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Insert, Select, Update, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from hello.connectors.postgres.values import insert_all, table_of, values_of
from hello.entities.idempotency import IdempotencyKey
from hello.entities.order_revisions import OrderRevision
from hello.entities.orders import MOVES, PAGE_LINES, Order, OrderLine, OrderMove

# Without a lock only a single statement sees an order, its lines and its history as of one moment. Behind a
# lock that somebody else held, only later statements see what he has done.
WHOLE = (joinedload(Order.lines, innerjoin=True), joinedload(Order.history, innerjoin=True))
WHOLE_BEHIND_LOCK = (selectinload(Order.lines), selectinload(Order.history))
LINES = (
    select(func.count())
    .select_from(OrderLine)
    .where(OrderLine.order_id == Order.id)
    .correlate(Order)
    .scalar_subquery()
)
MAX_LINES = 100
FINAL = [status for status, moves in MOVES.items() if not moves]
CHANGING = ("status", "recipient", "total_cents", "version", "due_at", "updated_at")


@dataclass(frozen=True, slots=True)
class PostgresOrders:
    session: AsyncSession

    async def add(self, order: Order, key: IdempotencyKey | None = None) -> None:
        statement = insert_whole([order])
        if key:
            statement = statement.add_cte(insert(IdempotencyKey).values(values_of(key)).cte("key"))
        await self.session.execute(statement)

    async def find(self, order_id: UUID, *, lock: bool = False) -> Order | None:
        query = select(Order).where(Order.id == order_id)
        orders = await self._load(locking(query) if lock else query.options(*WHOLE))
        return orders[0] if orders else None

    async def page(
        self, customer_id: UUID, status: str | None, before: UUID | None, limit: int
    ) -> Sequence[Order]:
        """Load few lines at a time: the event loop waits for as long as they are made into objects."""
        query = select(Order.id, LINES).where(Order.customer_id == customer_id)
        query = query.order_by(Order.id.desc()).limit(limit)
        if status is not None:
            query = query.where(Order.status == status)
        if before is not None:
            query = query.where(Order.id < before)
        sizes = (await self.session.execute(query)).all()
        return [order for ids in parts_of(until_full(sizes)) for order in await self._listed(ids, status)]

    async def _listed(self, ids: Sequence[UUID], status: str | None) -> Sequence[Order]:
        """Leave out what has come into another state since its id was read."""
        query = select(Order).where(Order.id.in_(ids)).order_by(Order.id.desc()).options(*WHOLE)
        return await self._load(query if status is None else query.where(Order.status == status))

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


def until_full(sizes: Iterable[tuple[UUID, int]]) -> Iterator[tuple[UUID, int]]:
    """Stop once the orders have `PAGE_LINES` together."""
    lines = 0
    for order_id, size in sizes:
        yield order_id, size
        lines += size
        if lines >= PAGE_LINES:
            return


def parts_of(sizes: Iterable[tuple[UUID, int]]) -> Iterator[Sequence[UUID]]:
    """Yield ids whose orders have no more than `MAX_LINES` together, or one whose order has more."""
    part, lines = list[UUID](), 0
    for order_id, size in sizes:
        if part and lines + size > MAX_LINES:
            yield part
            part, lines = [], 0
        part.append(order_id)
        lines += size
    if part:
        yield part


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
