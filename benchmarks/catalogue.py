"""What items cost, how many log-ins one core checks, and what they do to `/hello` meanwhile.

Run `python -m benchmarks.catalogue [seconds]`: the server on one core, PostgreSQL and the load on another.
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.cores import Placement, placed
from benchmarks.database import Database, open_database
from benchmarks.load import Cell, Figure, Scenario, load, load_path
from benchmarks.running import Running, started
from benchmarks.servers import Server, all_servers

SECONDS, CONNECTIONS, AT_ONCE = 5, 32, 8
UNLIMITED = ("ACCOUNTS", "ITEMS", "LOGIN_PAIR", "LOGIN_ADDRESS", "LOGIN_ACCOUNT")
ACCOUNT = {"email": "ada@example.com", "password": "correct horse battery", "full_name": "Ada"}
ITEM = {"title": "A kite", "description": 40 * "It flies in any wind. ", "price_cents": 1999}


@contextmanager
def serving(
    placement: Placement, database: Database, server: Server | None = None, **more: str
) -> Iterator[Running]:
    """Start our own server, or another one, without limits."""
    ours = server or all_servers()[0]
    off = {f"RATE_LIMIT_{group}": "off" for group in UNLIMITED}
    unlimited = replace(ours, environment={**ours.environment, **off, **more})
    with started(unlimited, placement, database) as running:
        yield running


def client_of(running: Running) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{running.port}/api/v1", timeout=10)


def post(client: httpx.Client, path: str, body: object, token: str = "") -> Mapping[str, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    found: Mapping[str, str] = client.post(path, json=body, headers=headers).raise_for_status().json()
    return found


def new_item(running: Running) -> str:
    """Return the path of an item; the account may be there already."""
    with client_of(running) as client:
        client.post("/users/register", json=ACCOUNT)
        token = post(client, "/users/login", ACCOUNT)["access_token"]
        return f"/api/v1/items/{post(client, '/items', ITEM, token)['id']}"


def items(running: Running, seconds: int, database: Database) -> Figure:
    path = new_item(running)
    load_path(running.port, path, CONNECTIONS, 1, database.names)
    return load_path(running.port, path, CONNECTIONS, seconds, database.names)


def hello(running: Running, seconds: int, database: Database) -> Figure:
    return load(running.port, Cell(Scenario.GET, CONNECTIONS), seconds, database.names)


async def log_ins(running: Running, seconds: float, stop: asyncio.Event) -> float:
    """Return how many a second: `AT_ONCE` clients log in again and again."""
    count, start = 0, perf_counter()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}/api/v1", timeout=60) as client:

        async def one() -> None:
            nonlocal count
            while perf_counter() < start + seconds and not stop.is_set():
                (await client.post("/users/login", json=ACCOUNT)).raise_for_status()
                count += 1

        await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return count / (perf_counter() - start)


async def both(running: Running, seconds: int, database: Database) -> tuple[Figure, float]:
    """Return what `/hello` does while others log in, and how many log in meanwhile."""
    stop = asyncio.Event()
    logging_in = asyncio.create_task(log_ins(running, 10 * seconds, stop))
    figure = await asyncio.to_thread(hello, running, seconds, database)
    stop.set()
    return figure, await logging_in


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    table = Table("what", "a second", "p50 ms", "p99 ms", title=f"{CONNECTIONS} connections, one core")
    with (
        placed(1, pinned=True) as placement,
        open_database() as database,
        serving(placement, database) as running,
    ):
        read = items(running, seconds, database)
        alone = hello(running, seconds, database)
        logged_in = asyncio.run(log_ins(running, seconds, asyncio.Event()))
        beside, logged_in_beside = asyncio.run(both(running, seconds, database))
    add(table, "an item", read)
    add(table, "GET /hello, alone", alone)
    add(table, f"GET /hello, while {AT_ONCE} clients log in", beside)
    table.add_row("log-ins, alone", f"{logged_in:.1f}")
    table.add_row("log-ins beside /hello", f"{logged_in_beside:.1f}")
    Console().print(table)


def add(table: Table, what: str, figure: Figure) -> None:
    table.add_row(what, f"{figure.per_s:,.0f}", f"{figure.p50_ms:.2f}", f"{figure.p99_ms:.2f}")


if __name__ == "__main__":
    main()
