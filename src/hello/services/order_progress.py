"""What orders do by themselves: each move when it is due, and once, whatever number of workers there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hello.core.clock import Clock
from hello.entities.orders import Order, OrderStatus, order_event
from hello.services.ports import Begin


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProgress:
    """`count_move` is called with the new state of each order that has moved."""

    begin: Begin
    now: Clock
    ship_delay: timedelta
    count_move: Callable[[str], None]

    async def advance(self, limit: int) -> int:
        """Move at most so many orders that are due, all or none; return how many.

        The events go on with the traces of the requests that made the orders.
        """
        async with self.begin() as tx:
            now = self.now()
            orders = await tx.orders.claim(now, limit)
            for order in orders:
                self._move(order, now)
            if orders:
                await tx.orders.save(orders)
                await tx.outbox.add(*(order_event(order, order.traceparent) for order in orders))
        for order in orders:
            self.count_move(order.status)
        return len(orders)

    async def next_due(self) -> datetime | None:
        """Return when there is something to move, None while nothing is under way."""
        async with self.begin() as tx:
            return await tx.orders.next_due()

    def _move(self, order: Order, now: datetime) -> None:
        if order.status == OrderStatus.CREATED:
            order.confirm(now, self.ship_delay)
        else:
            order.ship(now)
