"""How many orders a second one API takes over HTTP."""

import asyncio
import json

from benchmarks.catalogue import ACCOUNT, ITEM, client_of, post, serving
from benchmarks.commands import Words, path_of, run
from benchmarks.database import Database, fetch
from benchmarks.errors import BenchError
from benchmarks.listeners import HOST
from benchmarks.load import GRACE_S, TIMEOUT_S, Figure, figure_of
from benchmarks.order_ground import UNPINNED, cpu_s, empty
from benchmarks.order_report import Row
from benchmarks.places import HERE
from benchmarks.running import Running

SCRIPT = HERE / "orders.lua"
CONNECTIONS, WARM_UP_S, LINES = 32, 1, 2
STORED = "SELECT count(*) FROM orders JOIN outbox ON event_id = orders.id || '-1'"


def posts(database: Database, seconds: int) -> list[Row]:
    """Raise `BenchError` when an order was refused, or is not in the database together with its event."""
    empty(database)
    with serving(UNPINNED, database, RATE_LIMIT_ORDERS="off") as running:
        wanted = an_order(running)
        load_orders(running, wanted, WARM_UP_S)
        before = cpu_s([running])
        figure = load_orders(running, wanted, seconds)
        cpu_us = 1e6 * (cpu_s([running]) - before) / (figure.per_s * seconds)
        running.check_alive()
    stored = int(str(asyncio.run(fetch(database.database_url, STORED))))
    if stored < figure.per_s * seconds:
        raise BenchError(f"only {stored:,} orders are stored after {figure.per_s:,.0f}/s in {seconds} s")
    return [
        Row(
            what=f"POST /orders, {CONNECTIONS} connections",
            per_s=figure.per_s,
            p50_ms=figure.p50_ms,
            p99_ms=figure.p99_ms,
            remark=f"one API, {cpu_us:,.0f} µs of its CPU each; {LINES} lines in an order",
        )
    ]


def an_order(running: Running) -> Words:
    """Return the customer's token and the order as JSON."""
    with client_of(running) as client:
        client.post("/users/register", json=ACCOUNT)
        token = post(client, "/users/login", ACCOUNT)["access_token"]
        lines = [{"item_id": post(client, "/items", ITEM, token)["id"], "quantity": 1} for _ in range(LINES)]
    return [token, json.dumps({"lines": lines})]


def load_orders(running: Running, wanted: Words, seconds: int) -> Figure:
    """Raise `BenchError` when an answer was none of success, or did not come."""
    running.output.forget()
    shape: Words = ["--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s"]
    script: Words = ["--timeout", f"{TIMEOUT_S}s", "--script", SCRIPT, f"http://{HOST}:{running.port}", "--"]
    printed = run([path_of("wrk"), *shape, *script, *wanted], timeout_s=seconds + GRACE_S)
    return figure_of(json.loads(printed.splitlines()[-1]))
