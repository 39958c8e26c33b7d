"""Pages beside the JSON of the same data, and `/hello` before and after: `python -m benchmarks.pages`.

The server is on one core, PostgreSQL and the load on another. An argument says for how many seconds.
"""

import sys
from collections.abc import Callable
from datetime import date

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.catalogue import client_of, hello, new_item, serving
from benchmarks.cores import placed
from benchmarks.database import Database, open_database
from benchmarks.load import Figure, load_path
from benchmarks.programs import ensure
from benchmarks.running import Running

SECONDS, CONNECTIONS = 5, 32
PAIRS = (
    ("start page", "/", "/api/v1/birthdays/upcoming?days=366&limit=6"),
    ("birthdays", "/birthdays/upcoming", "/api/v1/birthdays/upcoming?days=30&limit=50"),
    ("catalogue", "/catalogue", "/api/v1/items?limit=24"),
    ("search", "/catalogue?q=kite", "/api/v1/search/items?q=kite&limit=24"),
    ("log-in", "/login", "/api/v1/health"),
)


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    ensure("wrk", "wrk")
    with (
        placed(1, pinned=True) as placement,
        open_database() as database,
        serving(placement, database, RATE_LIMIT_SEARCH="off") as running,
    ):
        fill(running)
        Console().print(measure(running, database, seconds))


def fill(running: Running) -> None:
    """Offer some items; people are there already."""
    item = new_item(running)
    with client_of(running) as client, httpx.Client(base_url=f"http://127.0.0.1:{running.port}") as other:
        client.get("/items").raise_for_status()
        other.get(item).raise_for_status()
        other.put("/hello/John", json={"dateOfBirth": date(1990, 5, 17).isoformat()}).raise_for_status()


def measure(running: Running, database: Database, seconds: int) -> Table:
    def asked(path: str) -> Figure:
        load_path(running.port, path, CONNECTIONS, 1, database.names)
        return load_path(running.port, path, CONNECTIONS, seconds, database.names)

    title = f"{CONNECTIONS} connections, one core"
    table = Table("page", "pages/s", "p50 ms", "p99 ms", "JSON/s", "ratio", title=title)
    before = hello(running, seconds, database)
    for name, page, api in PAIRS:
        table.add_row(*row(name, asked, page, api))
    after = hello(running, seconds, database)
    ratio = f"{after.per_s / before.per_s:.2f}"
    table.add_row("GET /hello, after all pages", *figures(after), f"{before.per_s:,.0f} before", ratio)
    return table


def row(name: str, asked: Callable[[str], Figure], page: str, api: str) -> list[str]:
    shown, json = asked(page), asked(api)
    return [name, *figures(shown), f"{json.per_s:,.0f}", f"{shown.per_s / json.per_s:.2f}"]


def figures(figure: Figure) -> list[str]:
    return [f"{figure.per_s:,.0f}", f"{figure.p50_ms:.2f}", f"{figure.p99_ms:.2f}"]


if __name__ == "__main__":
    main()
