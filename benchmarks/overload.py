"""Ten times the load that one API process can take: `python -m benchmarks.overload`.

The capacity is measured with wrk (closed loop), then requests come at ten times that rate (open loop), then
wrk measures again at once. The server is on one core, PostgreSQL and the load on another.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from subprocess import PIPE, run

from rich.console import Console
from rich.table import Table

from benchmarks.catalogue import new_item, serving
from benchmarks.cores import placed
from benchmarks.database import Database, open_database
from benchmarks.errors import BenchError
from benchmarks.flood import Plan, Result
from benchmarks.listeners import HOST
from benchmarks.load import Cell, Figure, Scenario, load, load_path
from benchmarks.memory import resident_mb
from benchmarks.options import listed, positive
from benchmarks.order_posts import an_order, load_orders
from benchmarks.programs import ensure
from benchmarks.running import Running

ONLY, SECONDS, FACTOR, GRACE_S, WIDTH = "get,put,item,order", 10, 10, 60, 200
AFTERWARDS_S = 2
CONNECTIONS, AT_ONCE, MANY = 128, 1000, 5000
JSON_BODY = "Content-Type: application/json\r\nContent-Length: %d\r\n"
WARNING = '"level":"warning"'
HEAD = (
    "what",
    "capacity/s",
    "offered/s",
    "sent/s",
    "accepted/s",
    "of capacity",
    "refused/s",
    "lost",
    "p50 ms",
    "p99 ms",
    "MiB before",
    "after",
    "warnings/s",
    "afterwards",
)


@dataclass(frozen=True, slots=True)
class Target:
    """`measure` is the closed loop: it takes seconds."""

    what: str
    measure: Callable[[int], Figure]
    requests: Sequence[str]
    good: int
    connections: int


def targets(running: Running, database: Database, only: Sequence[str]) -> Iterator[Target]:
    makers = {"get": get, "put": put, "item": item, "order": order}
    for name in only:
        yield makers[name](running, database)


def get(running: Running, database: Database) -> Target:
    measure = partial(load, running.port, Cell(Scenario.GET, CONNECTIONS), names=database.names)
    requests = [request("GET", f"/hello/{name}") for name in database.names.read_text().split()]
    return Target("GET /hello", measure, requests, 200, MANY)


def put(running: Running, database: Database) -> Target:
    measure = partial(load, running.port, Cell(Scenario.PUT, CONNECTIONS), names=database.names)
    body = '{"dateOfBirth":"1990-05-17"}'
    requests = [request("PUT", f"/hello/{name}", body) for name in database.names.read_text().split()]
    return Target("PUT /hello", measure, requests, 204, MANY)


def item(running: Running, database: Database) -> Target:
    path = new_item(running)
    measure = partial(load_path, running.port, path, CONNECTIONS, names=database.names)
    return Target("GET an item", measure, [request("GET", path)], 200, AT_ONCE)


def order(running: Running, _: Database) -> Target:
    token, wanted = map(str, an_order(running))
    measure = partial(load_orders, running, [token, wanted])
    return Target("POST an order", measure, [request("POST", "/api/v1/orders", wanted, token)], 201, AT_ONCE)


def request(method: str, path: str, body: str = "", token: str = "") -> str:
    content = JSON_BODY % len(body) if body else ""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{authorization}{content}\r\n{body}"


def flooded(plan: Plan) -> Result:
    """Run the load in its own process; raise `BenchError` when an answer did not come, or was another."""
    command, wanted = [sys.executable, "-m", "benchmarks.flood"], json.dumps(asdict(plan))
    done = run(command, input=wanted, stdout=PIPE, text=True, timeout=plan.seconds + GRACE_S, check=False)  # noqa: S603
    if done.returncode:
        raise BenchError("the load has failed, see above")
    result = Result(**json.loads(done.stdout))
    if result.lost:
        raise BenchError(f"{result.lost} of {result.sent} requests were neither accepted nor refused")
    return result


def percentile_ms(result: Result, share: float) -> int:
    left = share * result.accepted
    for ms, count in sorted((int(ms), count) for ms, count in result.times.items()):
        left -= count
        if left <= 0:
            return ms
    raise BenchError("nothing was accepted")


def row(running: Running, target: Target, seconds: int) -> Sequence[str]:
    target.measure(1)
    capacity = target.measure(seconds).per_s
    running.output.forget()
    before = resident_mb(running)
    plan = Plan(
        port=running.port,
        rate=FACTOR * capacity,
        seconds=seconds,
        connections=target.connections,
        good=target.good,
        requests=target.requests,
    )
    result = flooded(plan)
    after, warnings = resident_mb(running), running.output.text().count(WARNING)
    recovered = target.measure(AFTERWARDS_S).per_s
    running.check_alive()
    offered, sent = (result.sent + result.unsent) / result.seconds, result.sent / result.seconds
    accepted, refused = result.accepted / result.seconds, result.refused / result.seconds
    return (
        target.what,
        *(f"{rate:,.0f}" for rate in (capacity, offered, sent, accepted)),
        f"{accepted / capacity:.0%}",
        *(f"{count:,.0f}" for count in (refused, result.lost)),
        *(f"{percentile_ms(result, share)}" for share in (0.5, 0.99)),
        *(f"{size:.0f}" for size in (before, after)),
        f"{warnings / result.seconds:.1f}",
        f"{recovered / capacity:.0%}",
    )


def main() -> int:
    options = parser().parse_args()
    ensure("wrk", "wrk")
    table = Table(*HEAD, title=f"{FACTOR} times the capacity for {options.seconds} s")
    try:
        with (
            placed(1, pinned=True) as placement,
            open_database() as database,
            serving(placement, database, RATE_LIMIT_ORDERS="off") as running,
        ):
            for target in targets(running, database, options.only):
                table.add_row(*row(running, target, options.seconds))
    except BenchError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    Console(width=WIDTH).print(table)
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.overload", description="Ten times the capacity."
    )
    made.add_argument("--only", type=listed(str), default=ONLY, help=ONLY)
    made.add_argument("--seconds", type=positive, default=SECONDS, help="how long each time")
    return made


if __name__ == "__main__":
    sys.exit(main())
