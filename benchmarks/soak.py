"""All routes together for minutes, beside a worker: `python -m benchmarks.soak [--minutes 10] [--rate 1000]`.

Four fifths of the requests read. The run fails if an answer is no success. Each minute's row shows the memory
of the processes, and how long the events of new orders took to the stream.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.catalogue import ACCOUNT, ITEM, client_of, post, serving
from benchmarks.database import Database, open_database
from benchmarks.errors import BenchError
from benchmarks.flood import Plan, Result
from benchmarks.memory import resident_mb
from benchmarks.options import positive
from benchmarks.order_ground import UNPINNED, worker
from benchmarks.order_lag import DEADLINE_S, TOPIC, lag_of
from benchmarks.order_report import Times
from benchmarks.overload import flooded, percentile_ms, request
from benchmarks.running import Running, started
from hello.connectors.redis.client import open_redis

MINUTES, RATE, MINUTE_S, CONNECTIONS = 10, 1000, 60, 64
SUCCESS = 2  # the first digit of the status
ITEMS, ORDERS, PEOPLE = 100, 100, 1000
SAMPLE = 5000
"""Of the newest entries of the stream, whose lag is looked at."""
BIRTH = '{"dateOfBirth":"1990-05-17"}'
HEAD = ("minute", "requests", "p50 ms", "p99 ms", "API MiB", "worker MiB", "event lag p50 ms", "p99 ms")


@dataclass(frozen=True, slots=True)
class System:
    database: Database
    api: Running
    worker: Running


@contextmanager
def open_system() -> Iterator[System]:
    with (
        open_database() as database,
        serving(UNPINNED, database, RATE_LIMIT_ORDERS="off") as api,
        started(worker("relay,progress"), UNPINNED, database) as working,
    ):
        yield System(database, api, working)


def requests_of(system: System) -> Sequence[str]:
    """Return requests to draw from, one of five a write."""
    names = system.database.names.read_text().split()[:PEOPLE]
    with client_of(system.api) as client:
        client.post("/users/register", json=ACCOUNT)
        token = post(client, "/users/login", ACCOUNT)["access_token"]
        items = [post(client, "/items", ITEM, token)["id"] for _ in range(ITEMS)]
        wanted = {"lines": [{"item_id": item, "quantity": 1} for item in items[:2]]}
        orders = [post(client, "/orders", wanted, token)["id"] for _ in range(ORDERS)]
        order = client.build_request("POST", "/orders", json=wanted).content.decode()
    reads = [
        *(request("GET", f"/hello/{name}") for name in names[:100]),
        *(request("GET", f"/api/v1/items/{item}") for item in items),
        *(request("GET", f"/api/v1/orders/{one}", token=token) for one in orders),
        *[request("GET", "/api/v1/users/me", token=token)] * 50,
        *[request("GET", "/api/v1/items")] * 20,
        *[request("GET", "/api/v1/orders?limit=5", token=token)] * 20,
        *[request("GET", "/api/v1/birthdays/today")] * 10,
    ]
    writes = [
        *(request("PUT", f"/hello/{name}", BIRTH) for name in names[:50]),
        *[request("POST", "/api/v1/orders", order, token)] * 45,
        *[request("POST", "/api/v1/items", '{"title":"A drum"}', token)] * 5,
    ]
    return reads + writes


async def lags(system: System) -> Times:
    """Return those of the newest orders whose events are in the stream."""
    async with open_redis(system.database.redis_url, DEADLINE_S) as redis:
        newest = await redis.xrevrange(TOPIC, count=SAMPLE)
    return Times.of([lag for entry, fields in newest if (lag := lag_of(entry, fields)) is not None])


def minute_of(system: System, requests: Sequence[str], rate: int) -> Result:
    """Raise `BenchError` for anything but success."""
    plan = Plan(
        port=system.api.port,
        rate=rate,
        seconds=MINUTE_S,
        connections=CONNECTIONS,
        good=SUCCESS,
        requests=requests,
    )
    result = flooded(plan)
    if result.refused or result.unsent:
        raise BenchError(f"{result.refused} requests were refused, {result.unsent} could not be sent")
    for process in (system.api, system.worker):
        process.output.forget()
        process.check_alive()
    return result


def row(system: System, number: int, result: Result) -> Sequence[str]:
    lag = asyncio.run(lags(system))
    return (
        f"{number}",
        f"{result.accepted:,}",
        *(f"{percentile_ms(result, share)}" for share in (0.5, 0.99)),
        *(f"{resident_mb(process):.0f}" for process in (system.api, system.worker)),
        f"{lag.p50:.0f}",
        f"{lag.p99:.0f}",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=positive, default=MINUTES)
    parser.add_argument("--rate", type=positive, default=RATE, help="requests a second")
    options = parser.parse_args()
    table = Table(*HEAD, title=f"{options.rate:,} requests a second to all routes")
    try:
        with open_system() as system:
            requests = requests_of(system)
            for number in range(1, options.minutes + 1):
                table.add_row(*row(system, number, minute_of(system, requests, options.rate)))
    except BenchError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    finally:
        Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
