"""Statements that a test has sent, and how PostgreSQL plans them."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from hello.connectors.postgres.unit_of_work import PostgresTransaction, PostgresUnitOfWork

Query: TypeAlias = Callable[[PostgresTransaction], Awaitable[object]]


def without_savepoints(queries: list[str]) -> list[str]:
    """Leave out what a test's transaction around the transaction needs."""
    return [query for query in queries if "SAVEPOINT" not in query]


async def plans_of(unit_of_work: PostgresUnitOfWork, connection: AsyncConnection, query: Query) -> list[str]:
    """Send the query, catch its statements, and have PostgreSQL explain them."""
    caught: list[tuple[str, Any]] = []

    def catch(*args: Any) -> None:  # noqa: ANN401
        caught.append((args[2], args[3]))

    event.listen(connection.sync_connection, "before_cursor_execute", catch)
    async with unit_of_work.begin() as tx:
        await query(tx)
    event.remove(connection.sync_connection, "before_cursor_execute", catch)
    plans = []
    for statement, parameters in caught:
        if "SAVEPOINT" not in statement:
            plan = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(plan.scalars()))
    return plans
