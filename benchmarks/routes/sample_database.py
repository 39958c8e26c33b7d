"""The database of the routes: migrated, filled with the sample data, and restored after each write."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg

from benchmarks.database import SEED, Database, connected, execute, fetch, filled
from benchmarks.errors import BenchError
from benchmarks.names import distinct_names
from benchmarks.places import CACHE
from benchmarks.progress import say
from benchmarks.routes.catalogue import Stored
from benchmarks.routes.data import SampleData
from benchmarks.routes.usage import Family
from hello.connectors.embedded.servers import destroy, embedded_servers
from hello.connectors.embedded.termination import wait_until

FOLDER = CACHE / "routes"
ACCOUNTS = ("id", "email", "email_key", "full_name", "password_hash", "role", "created_at")
ITEMS = ("id", "title", "description", "price_cents", "owner_id", "version", "created_at", "updated_at")
ORDERS = (
    *("id", "customer_id", "status", "recipient", "total_cents", "version"),
    *("due_at", "created_at", "updated_at"),
)
LINES = ("order_id", "position", "item_id", "title", "unit_price_cents", "quantity")
HISTORY = ("order_id", "version", "status", "at")
KEEP = (
    "CREATE SCHEMA kept",
    "CREATE TABLE kept.orders AS TABLE orders",
    "CREATE TABLE kept.order_lines AS TABLE order_lines",
    "CREATE TABLE kept.order_history AS TABLE order_history",
    "CREATE TABLE kept.people AS SELECT username, date_of_birth FROM people",
)
BUSY = """
SELECT count(*) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'
"""
SETTLE_S = 30
NO_EVENTS = "TRUNCATE outbox"
RESTORE = {
    Stored.ORDERS: (
        "TRUNCATE orders, order_lines, order_history, order_revisions, idempotency_keys",
        "INSERT INTO orders SELECT * FROM kept.orders",
        "INSERT INTO order_lines SELECT * FROM kept.order_lines",
        "INSERT INTO order_history SELECT * FROM kept.order_history",
        "VACUUM (ANALYZE) orders, order_lines, order_history, idempotency_keys",
    ),
    Stored.ITEMS: (
        "DELETE FROM items WHERE created_at > now() - interval '1 day'",
        "VACUUM (ANALYZE) items, audit, item_documents, item_completions, search_words",
    ),
    Stored.PEOPLE: (
        "TRUNCATE people",
        "INSERT INTO people (username, date_of_birth) SELECT * FROM kept.people",
        "UPDATE birthday_list_stamps SET stamp = (random() * 9007199254740992)::bigint",
        "VACUUM (ANALYZE) people, birthday_list_stamps",
    ),
}


@dataclass(frozen=True, slots=True)
class SampleDatabase:
    """`postgres` is the server with all its processes."""

    database: Database
    postgres: Family
    data: SampleData

    def settle(self) -> None:
        """Wait for the requests that the load generator has left; raise `BenchError` if they do not end."""
        if not wait_until(lambda: asyncio.run(fetch(self.database.database_url, BUSY)) == 0, SETTLE_S):
            raise BenchError("PostgreSQL is still busy with requests of a load that has ended")

    def restore(self, stored: Stored) -> None:
        """Put back what there was, and leave no work for later: a vacuum, a checkpoint."""
        asyncio.run(execute(self.database.database_url, (NO_EVENTS, *RESTORE[stored], "CHECKPOINT")))


@contextmanager
def open_sample_database() -> Iterator[SampleDatabase]:
    """Start in an empty directory, also after a killed run; raise `EmbeddedError` beside another run."""
    destroy(FOLDER / "data")
    try:
        with embedded_servers(FOLDER / "data") as servers:
            if servers.postgres.pid is None:
                raise BenchError("PostgreSQL has ended")
            database = Database(servers.database_url, servers.redis_url, CACHE / "names.txt")
            say("filling the database")
            yield SampleDatabase(filled(database), Family(servers.postgres.pid), fill(database))
    finally:
        destroy(FOLDER / "data")


def fill(database: Database) -> SampleData:
    data = SampleData(distinct_names(random.Random(SEED)))  # noqa: S311  # those that `filled` has stored
    asyncio.run(copy(database.database_url, data))
    return data


async def copy(url: str, data: SampleData) -> None:
    async with connected(url) as connection:
        await copy_rows(connection, data)
        for statement in (*KEEP, "VACUUM (ANALYZE)"):
            await connection.execute(statement)


async def copy_rows(connection: asyncpg.Connection, data: SampleData) -> None:
    lines = [line for order in data.orders for line in order.lines]
    tables = {
        "accounts": (ACCOUNTS, list(data.account_rows())),
        "items": (ITEMS, [item.row for item in data.items]),
        "orders": (ORDERS, [order.row for order in data.orders]),
        "order_lines": (LINES, lines),
        "order_history": (HISTORY, [order.move for order in data.orders]),
    }
    for table, (columns, rows) in tables.items():
        await connection.copy_records_to_table(table, columns=columns, records=rows)
