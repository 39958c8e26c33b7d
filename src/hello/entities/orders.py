"""Orders: gifts on their way, and the moves that each of them makes once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hello.core.clock import rfc3339
from hello.entities.base import Base, Versioned
from hello.entities.errors import ConflictError, NotFoundError
from hello.entities.events import ORDER_EVENTS, Event
from hello.entities.order_revisions import OrderRevision

ORDER_CREATED = f"{ORDER_EVENTS}created"
PAGE_LINES = 1500  # of all orders on a page together: it ends once it has so many


class OrderStatus(StrEnum):
    CREATED = "CREATED"
    CONFIRMED = "CONFIRMED"
    SHIPPED = "SHIPPED"
    CANCELLED = "CANCELLED"


MOVES: Mapping[str, frozenset[OrderStatus]] = {
    OrderStatus.CREATED: frozenset({OrderStatus.CONFIRMED, OrderStatus.CANCELLED}),
    OrderStatus.CONFIRMED: frozenset({OrderStatus.SHIPPED, OrderStatus.CANCELLED}),
    OrderStatus.SHIPPED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


class OrderLine(Base, kw_only=True):
    """What the item was when it was ordered: it may change, or go away, afterwards."""

    __tablename__ = "order_lines"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True, init=False)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, init=False)
    item_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(Text)
    unit_price_cents: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int]

    @property
    def price_cents(self) -> int:
        return self.quantity * self.unit_price_cents

    def public(self) -> dict[str, Any]:
        return {
            "item_id": str(self.item_id),
            "title": self.title,
            "unit_price_cents": self.unit_price_cents,
            "quantity": self.quantity,
        }


class OrderMove(Base, kw_only=True):
    """That an order came into a state, as which version, and when."""

    __tablename__ = "order_history"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

    def public(self) -> dict[str, Any]:
        return {"status": self.status, "at": rfc3339(self.at)}


class Order(Versioned, Base, kw_only=True):
    """Begins as created; `due_at` is when the next move happens, None once there is none to come.

    Ids are UUIDs of version 7 (RFC 9562): the newest has the greatest.
    """

    __tablename__ = "orders"
    noun = "order"
    __table_args__ = (
        Index(None, "customer_id", "id"),
        Index(None, "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    status: Mapped[str] = mapped_column(Text, init=False)
    recipient: Mapped[str | None] = mapped_column(Text)
    total_cents: Mapped[int] = mapped_column(BigInteger, init=False)
    version: Mapped[int] = mapped_column(init=False)
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(init=False)
    traceparent: Mapped[str | None] = mapped_column(Text, default=None, repr=False)
    lines: Mapped[list[OrderLine]] = relationship(order_by=OrderLine.position, lazy="raise", repr=False)
    history: Mapped[list[OrderMove]] = relationship(
        order_by=OrderMove.version, lazy="raise", init=False, repr=False
    )

    def __post_init__(self) -> None:
        self.version, self.updated_at, self.history = 1, self.created_at, []
        self._take(self.lines)
        self._enter(OrderStatus.CREATED)

    def confirm(self, now: datetime, delay: timedelta) -> None:
        """Raise `ConflictError` unless it was only created; it ships after the delay."""
        self._move(OrderStatus.CONFIRMED, now)
        self.due_at = self.updated_at + delay

    def ship(self, now: datetime) -> None:
        """Raise `ConflictError` unless it is confirmed."""
        self._move(OrderStatus.SHIPPED, now)

    def cancel(self, now: datetime) -> None:
        """Raise `ConflictError` for an order that has been shipped, or cancelled already."""
        self._move(OrderStatus.CANCELLED, now)

    def replace_lines(self, lines: list[OrderLine], recipient: str | None, now: datetime) -> OrderRevision:
        """Return what has been replaced; raise `ConflictError` once the order is confirmed or cancelled."""
        self.check_replaceable()
        self._grow(now)
        replaced = OrderRevision(
            order_id=self.id,
            version=self.version,
            at=self.updated_at,
            recipient=self.recipient,
            total_cents=self.total_cents,
            lines=[line.public() for line in self.lines],
        )
        self.recipient = recipient
        self._take(lines)
        return replaced

    def check_replaceable(self) -> None:
        if self.status != OrderStatus.CREATED:
            raise ConflictError(f"the order is {self.status} and can no longer be changed")

    def check_customer(self, account_id: UUID) -> None:
        """Raise `NotFoundError` for everybody else: they need not know that there is such an order."""
        if self.customer_id != account_id:
            raise NotFoundError("no such order")

    @property
    def is_final(self) -> bool:
        return not MOVES[self.status]

    @property
    def latest_move(self) -> OrderMove | None:
        """Return the move that made the present version; None when that was a change of the lines."""
        latest = self.history[-1]
        return latest if latest.version == self.version else None

    def public(self) -> dict[str, Any]:
        """Return what its customer may know, as JSON has it."""
        return {
            "id": str(self.id),
            "status": self.status,
            "lines": [line.public() for line in self.lines],
            "total_cents": self.total_cents,
            "recipient": self.recipient,
            "version": self.version,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
            "history": [move.public() for move in self.history],
        }

    def _move(self, status: OrderStatus, now: datetime) -> None:
        if status not in MOVES[self.status]:
            raise ConflictError(f"the order is {self.status} and cannot become {status}")
        self._grow(now)
        self._enter(status)
        self.due_at = None

    def _grow(self, now: datetime) -> None:
        """Never move `updated_at` back, even if this process's clock is late."""
        self.version += 1
        self.updated_at = max(now, self.updated_at)

    def _enter(self, status: OrderStatus) -> None:
        self.status = status.value
        self.history.append(
            OrderMove(order_id=self.id, version=self.version, status=status.value, at=self.updated_at)
        )

    def _take(self, lines: list[OrderLine]) -> None:
        for position, line in enumerate(lines):
            line.order_id, line.position = self.id, position
        self.lines, self.total_cents = lines, sum(line.price_cents for line in lines)


class LineView(NamedTuple):
    item_id: UUID
    title: str
    unit_price_cents: int
    quantity: int


class MoveView(NamedTuple):
    status: str
    at: datetime


class OrderView(NamedTuple):
    """What its customer sees of an order as of one moment, apart from any session."""

    id: UUID
    customer_id: UUID
    status: str
    recipient: str | None
    total_cents: int
    version: int
    created_at: datetime
    updated_at: datetime
    lines: Sequence[LineView]
    history: Sequence[MoveView]

    @classmethod
    def created(
        cls,
        order_id: UUID,
        customer_id: UUID,
        lines: Sequence[LineView],
        recipient: str | None,
        at: datetime,
    ) -> Self:
        """Begin as `Order` does."""
        return cls(
            order_id,
            customer_id,
            OrderStatus.CREATED.value,
            recipient,
            sum(line.unit_price_cents * line.quantity for line in lines),
            1,
            at,
            at,
            lines,
            [MoveView(OrderStatus.CREATED.value, at)],
        )

    def public(self) -> dict[str, Any]:
        """Return what `Order.public` returns, with ids and times as they are."""
        return {
            "id": self.id,
            "status": self.status,
            "lines": [
                {"item_id": item_id, "title": title, "unit_price_cents": price, "quantity": quantity}
                for item_id, title, price, quantity in self.lines
            ],
            "total_cents": self.total_cents,
            "recipient": self.recipient,
            "version": self.version,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "history": [{"status": status, "at": at} for status, at in self.history],
        }


def change_type(move: OrderMove | None) -> str:
    """Return what a change is called; None stands for a change of the lines."""
    return f"{ORDER_EVENTS}{move.status.lower() if move else 'updated'}"


def order_event(order: Order, traceparent: str | None = None) -> Event:
    """Tell of the change that made the present version; by default the trace is that of the work at hand."""
    return Event(
        id=f"{order.id}-{order.version}",
        type=change_type(order.latest_move),
        subject=str(order.id),
        time=order.updated_at,
        data=order.public(),
        traceparent=traceparent,
    )
