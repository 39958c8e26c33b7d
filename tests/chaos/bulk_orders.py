"""Many orders in one transaction, past the API, which would take too long for as many as are wanted."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from tenacity import AsyncRetrying, retry_if_exception_type

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.orders import insert_whole
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.clock import now
from hello.entities.errors import ConflictError, UnavailableError
from hello.entities.orders import Order, order_event
from tests.chaos.customers import PAUSES, Customer, PlacedOrder
from tests.support.builders import a_line, an_order

DELAY = timedelta(seconds=0.5)
DEADLINE_S = 2


@dataclass(frozen=True, slots=True)
class BulkOrders:
    unit_of_work: PostgresUnitOfWork
    customer: Customer

    async def place(self, count: int) -> Sequence[PlacedOrder]:
        orders = [self._order(number) for number in range(count)]
        trying = AsyncRetrying(retry=retry_if_exception_type(UnavailableError), wait=PAUSES)
        await trying(self._save, orders)
        return [PlacedOrder(str(order.id), str(order.recipient)) for order in orders]

    def _order(self, number: int) -> Order:
        order = an_order(self.customer.account_id, a_line(), due_at=now() + DELAY, created_at=now())
        order.recipient = self.customer.people[number % len(self.customer.people)]
        return order

    async def _save(self, orders: Sequence[Order]) -> None:
        """Take it for a success of an earlier try when they are there already: it is all of them or none."""
        with suppress(ConflictError):
            async with self.unit_of_work.begin() as tx:
                await tx.session.execute(insert_whole(orders))
                await tx.outbox.add(*map(order_event, orders))


@asynccontextmanager
async def open_bulk_orders(database_url: str, customer: Customer) -> AsyncIterator[BulkOrders]:
    async with open_engine(Database(dsn=database_url, application_name="hello-test")) as engine:
        yield BulkOrders(PostgresUnitOfWork.of(engine, DEADLINE_S), customer)
