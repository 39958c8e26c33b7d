"""How soon an item is found after its write, while a catalogue is written to.

Run `python -m benchmarks.search_freshness [--rate 500] [--seconds 20] [ENGINE ...]`: PostgreSQL, Valkey, the
search server and a worker, started and removed here. PostgreSQL itself finds an item from its commit on.
"""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID

from prometheus_client import CollectorRegistry
from tests.search.engine import ENGINES, running_engine

from benchmarks.markdown import table
from hello.bootstrap.connectors import open_use_cases
from hello.connectors.embedded.servers import Servers, destroy, embedded_servers
from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.migrate import migrate
from hello.core.settings import Settings
from hello.core.shutdown import ShutdownSignal
from hello.entities.accounts import Role
from hello.entities.search import SearchText
from hello.services.accounts import Register
from hello.services.items import ItemContent
from hello.services.search import ItemSearch
from hello.services.security import Caller
from hello.services.use_cases import UseCases

SAMPLED = 50
"""One write in so many is followed until it is found."""
POLL_S, PATIENCE_S = 0.02, 30
HEAD = ("engine", "writes/s", "followed", "findable after p50 ms", "p99 ms", "worst ms")
DESCRIPTION = "A gift that flies in any wind and lasts for years. " * 4


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_freshness")
    parser.add_argument(
        "engines", nargs="*", default=list(ENGINES), metavar="ENGINE", help=", ".join(ENGINES)
    )
    parser.add_argument("--rate", type=int, default=500, help="writes per second")
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args(arguments)
    rows = [row_of(name, options.rate, options.seconds) for name in options.engines]
    sys.stdout.write(table(HEAD, rows, numbers=len(HEAD) - 1) + "\n")


def row_of(name: str, rate: int, seconds: int) -> Sequence[str]:
    with (
        TemporaryDirectory(prefix="hello-freshness-") as folder,
        running_servers(name, Path(folder)) as settings,
    ):
        delays, written = asyncio.run(measure(settings, rate, seconds))
    cuts = quantiles(delays, n=100)
    times = (1000 * cuts[49], 1000 * cuts[98], 1000 * max(delays))
    return name, f"{written:,.0f}", str(len(delays)), *(f"{time:,.0f}" for time in times)


@contextmanager
def running_servers(name: str, folder: Path) -> Iterator[Settings]:
    """Start the servers and a worker; the worker builds the index."""
    data = folder / "data"
    try:
        with embedded_servers(data) as servers, running_engine(name, folder / name, 1024) as engine:
            migrate(Database(dsn=servers.database_url, application_name="benchmark"))
            environment = environment_of(servers, engine.url)
            with running_worker(environment):
                yield Settings(**{key.lower(): value for key, value in environment.items()})  # type: ignore[arg-type]
    finally:
        destroy(data)


def environment_of(servers: Servers, search_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "SEARCH_URL": search_url,
        "LOG_LEVEL": "error",
    }


@contextmanager
def running_worker(environment: dict[str, str]) -> Iterator[None]:
    command = [str(Path(sys.executable).with_name("hello")), "worker", "--port", "0"]
    worker = subprocess.Popen(command, env=os.environ | environment)  # noqa: S603
    try:
        yield
    finally:
        worker.terminate()
        worker.wait()


async def measure(settings: Settings, rate: int, seconds: int) -> tuple[Sequence[float], float]:
    """Return the delays of the writes that were followed, in seconds, and the writes per second."""
    async with open_catalogue(settings) as (use_cases, caller):
        await until_built(use_cases)
        start, following, writing = perf_counter(), set[asyncio.Task[float]](), set[asyncio.Task[None]]()
        for number in range(rate * seconds):
            await asyncio.sleep(max(0.0, start + number / rate - perf_counter()))
            if number % SAMPLED:
                writing.add(asyncio.create_task(write(use_cases, caller, f"kite {number}")))
            else:
                following.add(asyncio.create_task(follow(use_cases, caller, f"kite unique{number}word")))
        await asyncio.gather(*writing)
        rate_reached = rate * seconds / (perf_counter() - start)
        return await asyncio.gather(*following), rate_reached


@asynccontextmanager
async def open_catalogue(settings: Settings) -> AsyncIterator[tuple[UseCases, Caller]]:
    async with open_use_cases(settings, ShutdownSignal(), CollectorRegistry()) as use_cases:
        ada = await use_cases.accounts.register(
            Register(email="ada@example.com", full_name="Ada", password="correct horse battery")  # noqa: S106
        )
        yield use_cases, Caller(account_id=ada.id, role=Role.USER)


async def until_built(use_cases: UseCases) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await engine_of(use_cases, "kite"))[0] == "postgres":  # noqa: ASYNC110  # the worker tells nothing
            await asyncio.sleep(POLL_S)


async def write(use_cases: UseCases, caller: Caller, title: str) -> None:
    await use_cases.items.create(caller, ItemContent(title=title, description=DESCRIPTION, price_cents=1999))


async def follow(use_cases: UseCases, caller: Caller, title: str) -> float:
    """Return how long after its commit the engine finds the item."""
    await write(use_cases, caller, title)
    start = perf_counter()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            engine, found = await engine_of(use_cases, f'"{title}"')
            if engine != "postgres" and found:
                return perf_counter() - start
            await asyncio.sleep(POLL_S)


async def engine_of(use_cases: UseCases, text: str) -> tuple[str, Sequence[UUID]]:
    matches = await use_cases.search.index.search(ItemSearch(text=SearchText.parse(text), limit=1))
    return matches.engine, [match.item_id for match in matches.page]


if __name__ == "__main__":
    main()
