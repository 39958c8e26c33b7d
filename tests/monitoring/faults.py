"""Faults of the real service and its servers; each is repaired at the end of its block."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeAlias
from urllib.parse import urlsplit

from hello.connectors.embedded.server import Server
from hello.connectors.postgres.shards import LOCKS
from hello.entities.events import PEOPLE_SHARD
from tests.monitoring.demonstration import write_broken_event
from tests.monitoring.servers import SERVICE, execute
from tests.monitoring.system import MonitoredSystem
from tests.support.cli import run_hello
from tests.support.servers import in_thread
from tests.support.table_locks import holding, locked

LATENCY_MS, CLIENTS = 300, 400  # several times what is admitted
OWNER = b"0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f"
LIST = b"GET /api/v1/items?owner_id=%b HTTP/1.1\r\nHost: hello\r\n\r\n" % OWNER
"""A list of one owner's items: the fast path leaves it to the application."""
Fault: TypeAlias = Callable[[MonitoredSystem], AbstractContextManager[None]]


@contextmanager
def slow_database(system: MonitoredSystem) -> Iterator[None]:
    with system.proxy.slow(LATENCY_MS):
        yield


@contextmanager
def failing_orders(system: MonitoredSystem) -> Iterator[None]:
    """Revoke a privilege, as a mistaken migration might: the database refuses a share of the requests."""
    execute(system.servers.database_url, f"REVOKE INSERT ON orders FROM {SERVICE}")
    yield
    execute(system.servers.database_url, f"GRANT INSERT ON orders TO {SERVICE}")


@contextmanager
def full_queue(system: MonitoredSystem) -> Iterator[None]:
    """Send more requests at once than are admitted, all of which wait for a lock."""
    url = urlsplit(system.api_url)
    with ExitStack() as stack:
        stack.enter_context(locked(system.servers.database_url, "items"))
        for _ in range(CLIENTS):
            sock = stack.enter_context(socket.create_connection((url.hostname or "", url.port or 0)))
            sock.sendall(LIST)
        yield


def dead(server: Server) -> Iterator[None]:
    os.kill(server.pid or 0, signal.SIGKILL)
    yield
    server.start()


@contextmanager
def dead_cache(system: MonitoredSystem) -> Iterator[None]:
    yield from dead(system.servers.cache)


@contextmanager
def dead_broker(system: MonitoredSystem) -> Iterator[None]:
    yield from dead(system.servers.broker)


@contextmanager
def stopped_worker(system: MonitoredSystem) -> Iterator[None]:
    system.worker.stop()
    yield
    system.worker.start()


@contextmanager
def blocked_outbox(system: MonitoredSystem) -> Iterator[None]:
    """Hold the locks of all relays in a session, as one does that hangs."""
    shards = f"SELECT pg_advisory_lock({LOCKS}, shard) FROM generate_series(0, {PEOPLE_SHARD}) AS shard"  # noqa: S608  # numbers
    with holding(system.servers.database_url, shards):
        yield


@contextmanager
def dead_letter(system: MonitoredSystem) -> Iterator[None]:
    """Write an event that no consumer can handle; then complete its data and redrive it."""
    url = system.servers.database_url
    in_thread(lambda: asyncio.run(write_broken_event(url)))
    yield
    execute(url, """UPDATE dead_letters SET data = '{"recipient": null}'""")
    redriven = run_hello("dead-letters", "redrive", "--all", DATABASE_URL=url)
    assert redriven.returncode == 0, redriven.stderr


FAULTS: Mapping[str, Fault] = {
    "LatencyBurn": slow_database,
    "AvailabilityBurn": failing_orders,
    "Overload": full_queue,
    "CacheDown": dead_cache,
    "BrokerDown": dead_broker,
    "WorkerMissing": stopped_worker,
    "OutboxBlocked": blocked_outbox,
    "DeadLetters": dead_letter,
}
"""The fault behind each alert."""
