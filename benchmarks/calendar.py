"""What ten programs that poll the calendar without a pause cost those who ask `GET /hello`, with 10⁵ people.

Run `python -m benchmarks.calendar [seconds]`: it starts PostgreSQL and Valkey on loopback and removes them.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory, TemporaryFile
from time import perf_counter
from typing import IO

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.birthday_pages import grow
from hello.connectors.embedded.servers import Servers, destroy, embedded_servers
from hello.connectors.embedded.termination import wait_until
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.migrate import migrate

PEOPLE, POLLERS, SECONDS, MARGIN_S, START_S = 100_000, 10, 10, 2, 60
CALENDAR = "/api/v1/birthdays/calendar.ics"
LISTENING = re.compile(r"listening .*(http://[\d.]+:\d+)")


@contextmanager
def api(servers: Servers) -> Iterator[str]:
    """Yield the URL of a process that is terminated at the end."""
    places = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
    command = [sys.executable, "-m", "hello", "api", "--port", "0"]
    with (
        TemporaryFile("a+") as log,
        subprocess.Popen(command, env=os.environ | places, stderr=log) as process,  # noqa: S603
    ):
        try:
            wait_until(lambda: url_in(log) is not None, START_S)
            yield str(url_in(log))
        finally:
            process.terminate()


def url_in(log: IO[str]) -> str | None:
    log.seek(0)
    found = LISTENING.search(log.read())
    return found[1] if found else None


@contextmanager
def pollers(url: str, seconds: float) -> Iterator[None]:
    """Poll from a process of its own, which ends by itself; raise if an answer was not whole."""
    command = [sys.executable, "-m", "benchmarks.calendar", "poll", url, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        yield
        printed, _ = process.communicate(timeout=seconds + 60)
    if process.returncode:
        message = "a poller failed"
        raise RuntimeError(message)
    Console().print(printed.strip())


async def poll(url: str, seconds: float) -> int:
    until = perf_counter() + seconds
    async with httpx.AsyncClient(base_url=url, timeout=60, headers={"Accept-Encoding": "gzip"}) as client:

        async def one() -> int:
            count = 0
            while perf_counter() < until:
                answer = (await client.get(CALENDAR)).raise_for_status()
                if not answer.content.endswith(b"END:VCALENDAR\r\n"):
                    message = "a calendar was cut off"
                    raise RuntimeError(message)
                count += 1
            return count

        return sum(await asyncio.gather(*(one() for _ in range(POLLERS))))


def latencies(url: str, seconds: float) -> list[float]:
    """Ask one after the other over one connection; in milliseconds."""
    until, times = perf_counter() + seconds, list[float]()
    with httpx.Client(base_url=url) as client:
        client.put("/hello/John", json={"dateOfBirth": "1990-05-17"}).raise_for_status()
        while (start := perf_counter()) < until:
            client.get("/hello/John").raise_for_status()
            times.append(1000 * (perf_counter() - start))
    return times


async def populate(servers: Servers) -> None:
    async with open_engine(Database(dsn=servers.database_url, application_name="benchmark")) as engine:
        await grow(engine, 1, PEOPLE)


def measure(servers: Servers, seconds: float) -> Table:
    asyncio.run(populate(servers))
    table = Table("GET /hello", "a second", "p50 ms", "p99 ms", "max ms")
    with api(servers) as url:
        latencies(url, 1)
        alone = latencies(url, seconds)
        with pollers(url, seconds + MARGIN_S):
            beside = latencies(url, seconds)
    for what, times in (("alone", alone), (f"beside {POLLERS} pollers", beside)):
        p99 = quantiles(times, n=100)[98]
        figures = len(times) / seconds, median(times), p99, max(times)
        table.add_row(what, *(f"{figure:,.2f}" for figure in figures))
    table.add_row("ratio of p99", "", "", f"{quantiles(beside, n=100)[98] / quantiles(alone, n=100)[98]:.2f}")
    return table


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        try:
            with embedded_servers(data_dir) as servers:
                migrate(Database(dsn=servers.database_url, application_name="benchmark"))
                Console().print(measure(servers, seconds))
        finally:
            destroy(data_dir)


if __name__ == "__main__":
    if sys.argv[1:2] == ["poll"]:
        with suppress(KeyboardInterrupt):
            sys.stdout.write(f"{asyncio.run(poll(sys.argv[2], float(sys.argv[3])))} calendars\n")
    else:
        main()
