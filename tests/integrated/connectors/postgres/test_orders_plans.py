"""How often PostgreSQL is asked about orders, and that no lookup reads a whole table to answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hello.connectors.postgres import accounts, item_index, items, order_store, orders
from hello.connectors.postgres.prepared_statements import SessionSettings
from hello.connectors.postgres.unit_of_work import PostgresTransaction, PostgresUnitOfWork
from hello.entities.orders import Order
from hello.services.security import Caller
from tests.support.builders import NOON, a_line, an_order
from tests.support.orders import CONFIRM_DELAY, OrderUseCases
from tests.support.query_plans import plans_of, without_savepoints

pytestmark = pytest.mark.integrated
Query: TypeAlias = Callable[[PostgresTransaction], Awaitable[object]]
ROWS, CUSTOMERS, UNDER_WAY = 30_000, 1_000, 300
FIRST, LATE = UUID(int=1), UUID(int=ROWS // 2)
ID, CUSTOMER = "lpad(to_hex(n), 32, '0')::uuid", f"lpad(to_hex(n % {CUSTOMERS} + 1), 32, '0')::uuid"
DUE = f"CASE WHEN n <= {UNDER_WAY} THEN '2026-06-15T12:00Z'::timestamptz + n * interval '1 s' END"
POPULATION = {
    "accounts": f"SELECT {ID}, n, n, 'Ada', 'hash', 'user', now()",
    "orders": f"SELECT {ID}, {CUSTOMER}, 'SHIPPED', NULL, 1999, 3, {DUE}, now(), now()",
    "order_lines": f"SELECT {ID}, 0, {ID}, 'A kite', 1999, 1",
    "order_history": f"SELECT {ID}, 1, 'CREATED', now()",
    "order_revisions": f"SELECT {ID}, 9, now(), NULL, 1999, '[]'",
    "idempotency_keys": f"SELECT {CUSTOMER}, n, 'finger', {ID}, 'answer', now() - n * interval '1 s'",
    "items": f"SELECT {ID}, 'A kite', NULL, 1999, {CUSTOMER}, 1, now(), now()",
    "people": "SELECT 'P' || n, '1990-05-17'::date",
}
COLUMNS = {"people": "(username, date_of_birth)"}
PARTS_OF_ORDERS = ["pk_orders", "pk_order_lines", "pk_order_history"]
SEARCHED = ["kite", "kite", "kite", "", None, None, None, 0, 20, [0, 1000]]
PAGE_ARGUMENTS = [[FIRST, LATE], [None, "SHIPPED"], [LATE, LATE], [21, 21]]
WITHOUT_SEARCH = "ALTER TABLE items DISABLE TRIGGER follow_items"
"""To index so many takes longer than a statement may."""


@pytest.fixture(scope="module")
async def populated(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Nothing of it stays."""
    async with engine.connect() as connection, connection.begin() as outer:
        await connection.exec_driver_sql(WITHOUT_SEARCH)
        for table, rows in POPULATION.items():
            statement = (
                f"INSERT INTO {table} {COLUMNS.get(table, '')} {rows} FROM generate_series(1, {ROWS}) n"
            )
            await connection.exec_driver_sql(statement)
        await connection.exec_driver_sql(f"ANALYZE {', '.join(POPULATION)}")
        yield connection
        await outer.rollback()


@pytest.fixture
async def connection(populated: AsyncConnection) -> AsyncIterator[AsyncConnection]:
    async with populated.begin_nested() as nested:
        yield populated
        await nested.rollback()


def stored() -> Order:
    order = an_order(FIRST, a_line(), a_line())
    order.id = order.history[0].order_id = FIRST
    for line in order.lines:
        line.order_id = FIRST
    return order


async def replace(tx: PostgresTransaction) -> None:
    order = stored()
    await tx.orders.replace(order, order.replace_lines(order.lines, None, NOON))


def confirmed() -> Order:
    order = stored()
    order.confirm(NOON, CONFIRM_DELAY)
    return order


@pytest.mark.parametrize(
    ("index", "query"),
    [
        pytest.param("pk_orders", lambda tx: tx.orders.find(FIRST), id="find"),
        pytest.param("pk_orders", lambda tx: tx.orders.save([confirmed()]), id="save"),
        pytest.param("ix_orders_due_at", lambda tx: tx.orders.next_due(), id="next due"),
        pytest.param("pk_items", lambda tx: tx.items.find_all([FIRST, UUID(int=2)]), id="items"),
        pytest.param("pk_people", lambda tx: tx.people.knows("P7"), id="recipient"),
        pytest.param(
            "ix_idempotency_keys_created_at",
            lambda tx: tx.idempotency_keys.forget(NOON, 100),
            id="forget keys",
        ),
    ],
)
async def test_no_order_query_scans_a_table(
    rolled_back: PostgresUnitOfWork, connection: AsyncConnection, index: str, query: Query
) -> None:
    [plan] = await plans_of(rolled_back, connection, query)
    assert "Seq Scan" not in plan, plan
    assert index in plan, plan


@pytest.mark.parametrize(
    ("indexes", "query"),
    [
        pytest.param(
            ["pk_orders", "pk_order_lines", "pk_order_history"],
            lambda tx: tx.orders.find(FIRST, lock=True),
            id="find to change",
        ),
        pytest.param(
            ["ix_orders_due_at", "pk_order_lines", "pk_order_history"],
            lambda tx: tx.orders.claim(NOON + 100 * CONFIRM_DELAY, 100),
            id="claim",
        ),
        pytest.param(["pk_order_lines", "pk_orders"], replace, id="replace"),
        pytest.param(["pk_order_revisions"], lambda tx: tx.orders.revisions(FIRST, 0, 9, 9), id="revisions"),
    ],
)
async def test_no_statement_of_several_scans_a_table(
    rolled_back: PostgresUnitOfWork, connection: AsyncConnection, indexes: list[str], query: Query
) -> None:
    plans = await plans_of(rolled_back, connection, query)
    assert not [plan for plan in plans if "Seq Scan" in plan], plans
    assert all(any(index in plan for plan in plans) for index in indexes), plans


@pytest.mark.parametrize(
    ("indexes", "sql", "arguments"),
    [
        pytest.param(["pk_accounts"], accounts.FIND, [[FIRST, LATE]], id="accounts"),
        pytest.param(["pk_items", "pk_accounts"], items.FIND, [[FIRST, LATE]], id="items"),
        pytest.param(["pk_items", "pk_accounts"], items.PAGES, [[0, 20], [20, 20], 40], id="item pages"),
        pytest.param(PARTS_OF_ORDERS, orders.FIND, [[FIRST, LATE]], id="orders"),
        pytest.param(
            ["ix_orders_customer_id_id", *PARTS_OF_ORDERS[1:]], orders.PAGES, PAGE_ARGUMENTS, id="order pages"
        ),
        pytest.param(["ix_item_documents_document", "pk_items"], item_index.SEARCH, SEARCHED, id="search"),
        pytest.param(["pk_items"], order_store.ITEMS, [[FIRST, LATE]], id="items of orders"),
        pytest.param(["pk_people"], order_store.PEOPLE, [["P7", "P8"]], id="recipients"),
        pytest.param(["pk_idempotency_keys"], order_store.ANSWERS, [[FIRST, LATE], ["7", "8"]], id="keys"),
    ],
)
async def test_no_lookup_scans_a_table(
    connection: AsyncConnection, indexes: list[str], sql: str, arguments: list[object]
) -> None:
    """Planned for any keys, as it is in a prepared statement."""
    await connection.exec_driver_sql(SessionSettings().locally())
    raw: Any = (await connection.get_raw_connection()).driver_connection
    plan = "\n".join(row[0] for row in await raw.fetch(f"EXPLAIN {sql}", *arguments))
    assert "Seq Scan" not in plan, plan
    assert all(index in plan for index in indexes), plan


async def test_due_orders_are_claimed_in_order_without_a_sort(
    rolled_back: PostgresUnitOfWork, connection: AsyncConnection
) -> None:
    plans = await plans_of(
        rolled_back, connection, lambda tx: tx.orders.claim(NOON + 100 * CONFIRM_DELAY, 100)
    )
    [claiming] = [plan for plan in plans if "LockRows" in plan]
    assert "Sort" not in claiming, claiming


@pytest.mark.parametrize("number", [1, 100])
async def test_moving_any_number_takes_five_statements(
    rolled_back: PostgresUnitOfWork, queries: list[str], number: int
) -> None:
    use_cases = OrderUseCases(rolled_back.begin)
    await many(use_cases, await use_cases.somebody(), number)
    use_cases.clock.move(CONFIRM_DELAY)
    queries.clear()
    assert await use_cases.progress.advance(number) == number
    assert len(without_savepoints(queries)) == 5, without_savepoints(queries)


async def many(use_cases: OrderUseCases, caller: Caller, number: int) -> list[UUID]:
    made = [an_order(caller.account_id, a_line(), a_line()) for _ in range(number)]
    async with use_cases.begin() as tx:
        for order in made:
            await tx.orders.add(order)
    return [order.id for order in made]
