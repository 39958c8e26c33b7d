"""What orders are measured on: a PostgreSQL and a Valkey of their own, an account, orders in any number."""

import asyncio
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from uuid import UUID

from benchmarks import builds, versions
from benchmarks.commands import Words
from benchmarks.cores import Placement
from benchmarks.database import Database, connected, empty_database, execute
from benchmarks.family import fields_of
from benchmarks.listeners import HOST
from benchmarks.places import CACHE
from benchmarks.running import Running
from benchmarks.servers import Server
from hello.connectors.postgres import engine
from hello.connectors.postgres.migrate import migrate

UNPINNED = Placement(None, 1)
USER_TICKS, SYSTEM_TICKS = 11, 12  # the fields of /proc/<pid>/stat behind the name
CUSTOMER = UUID(int=1)
ACCOUNT = f"INSERT INTO accounts VALUES ('{CUSTOMER}', 'bob', 'bob', 'Bob', 'none', 'user', now())"  # noqa: S608
EMPTY = "TRUNCATE orders, outbox, idempotency_keys RESTART IDENTITY CASCADE"
TABLES = "orders, order_lines, order_history"
ID = "lpad(to_hex(n), 32, '0')::uuid"
DUE = (
    """
    INSERT INTO orders
    SELECT {id}, '{customer}', 'CREATED', NULL, 3998, 1, now() + (n - {count}) * interval '1 ms', now(), now()
    FROM generate_series(1, {count}) AS n
    """,
    """
    INSERT INTO order_lines
    SELECT {id}, position, {id}, 'A kite', 1999, 1
    FROM generate_series(1, {count}) AS n, generate_series(0, 1) AS position
    """,
    "INSERT INTO order_history SELECT {id}, 1, 'CREATED', now() FROM generate_series(1, {count}) AS n",
)


@contextmanager
def open_ground() -> Iterator[Database]:
    with empty_database(CACHE / "orders") as database:
        migrate(engine.Database(dsn=database.database_url, application_name="benchmark"))
        asyncio.run(execute(database.database_url, (ACCOUNT,)))
        yield database


def empty(database: Database) -> None:
    asyncio.run(execute(database.database_url, (EMPTY, f"VACUUM (ANALYZE) {TABLES}, outbox", "CHECKPOINT")))


def due_orders(count: int) -> Sequence[str]:
    """Return what makes so many orders of two lines each, all due by now."""
    return [one.format(id=ID, customer=CUSTOMER, count=count) for one in DUE]


async def appear(url: str, count: int) -> None:
    """Let the orders become visible at once, to workers that wait already, and wake these."""
    async with connected(url) as connection, connection.transaction():
        for statement in (*due_orders(count), f"ANALYZE {TABLES}", "NOTIFY outbox"):
            await connection.execute(statement)


def worker(tasks: str, **environment: str) -> Server:
    return Server(
        name=f"hello worker --only {tasks}",
        title="Hello's worker",
        versions=versions.hello,
        prepare=builds.nothing,
        command=partial(worker_command, tasks),
        environment={"LOG_FORMAT": "json", **environment},
    )


def worker_command(tasks: str, port: int, _: int) -> Words:
    return [sys.executable, "-m", "hello", "worker", "--host", HOST, "--port", str(port), "--only", tasks]


def cpu_s(processes: Iterable[Running]) -> float:
    """Return how many seconds of CPU they have used, children included, since they were started."""
    found = [fields_of(member.pid) for one in processes for member in one.family()]
    ticks = sum(int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS]) for fields in found if fields)
    return ticks / os.sysconf("SC_CLK_TCK")
