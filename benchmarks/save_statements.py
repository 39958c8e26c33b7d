"""What a batch of saves costs on each PostgreSQL, and by the statement of 16 and 17 on 18 as well.

Run `python -m benchmarks.save_statements [batches]`: real servers, started and removed here. All are measured
in rotation, batch by batch: what else the machine does hits all.
"""

import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table
from tests.support.postgres_releases import RELEASES, install, servers_of

from benchmarks.database import TIDY, copy_people, execute
from benchmarks.names import distinct_names, people
from hello.connectors.embedded.servers import Servers, destroy, embedded_servers
from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.migrate import migrate
from hello.connectors.postgres.outbox import people_in_order
from hello.connectors.postgres.person_lookup import save_with_event
from hello.connectors.postgres.prepared_statements import SessionSettings

SIZES, BATCHES = (1, 10, 60), 2000
MEASURES = ("ms", "CPU ms")
LISTS = [517, 518, 519]
SEED = 1990


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server, and the statement for a release; what each batch took, by its size, in milliseconds."""

    url: str = field(repr=False)
    server: str
    statement: int
    times: dict[int, list[float]] = field(default_factory=lambda: {size: [] for size in SIZES})
    cpu: dict[int, list[float]] = field(default_factory=lambda: {size: [] for size in SIZES})


@dataclass(frozen=True, slots=True)
class Measured:
    candidate: Candidate
    prepared: Any
    backend: int

    async def save(self, births: dict[str, date]) -> None:
        start, cpu = perf_counter(), self.cpu_ms()
        await self.prepared.fetch(*people_in_order(births), LISTS, None)
        self.candidate.times[len(births)].append(1000 * (perf_counter() - start))
        self.candidate.cpu[len(births)].append(self.cpu_ms() - cpu)

    def cpu_ms(self) -> float:
        """Return what the server's process has used: it changes less than the time on a busy machine."""
        return int(Path(f"/proc/{self.backend}/schedstat").read_text().split()[0]) / 1e6


def births(names: list[str], chance: random.Random) -> dict[str, date]:
    return dict(people(names, chance))


@contextmanager
def running(release: str, data_dir: Path) -> Iterator[Servers]:
    """Start a release for tests, or the one that the product brings."""
    opened = servers_of(RELEASES[release], data_dir) if release in RELEASES else embedded_servers(data_dir)
    try:
        with opened as servers:
            yield servers
    finally:
        destroy(data_dir)


async def compare(candidates: list[Candidate], names: list[str], batches: int) -> None:
    chance = random.Random(SEED)  # noqa: S311
    for url in {candidate.url for candidate in candidates}:
        await copy_people(url, names, chance)
        await execute(url, TIDY)
    async with AsyncExitStack() as stack:
        measured = [await prepared(candidate, stack) for candidate in candidates]
        for size in SIZES:
            for number in range(batches):
                for index in range(len(measured)):
                    wanted = births(chance.sample(names, size), chance)
                    await measured[(number + index) % len(measured)].save(wanted)


async def prepared(candidate: Candidate, stack: AsyncExitStack) -> Measured:
    """Prepare the statement as the service does for its batches."""
    connection = await asyncpg.connect(candidate.url)
    stack.push_async_callback(connection.close)
    await connection.execute(SessionSettings().once())
    statement = await connection.prepare(save_with_event(candidate.statement))
    return Measured(candidate, statement, connection.get_server_pid())


def shown(candidates: list[Candidate]) -> Table:
    """Say in brackets how much more than the last one."""
    table = Table("PostgreSQL", "statement of", *(f"{size}: {what}" for size in SIZES for what in MEASURES))
    newest = candidates[-1]
    for candidate in candidates:
        cells = []
        for size in SIZES:
            for mine, best in ((candidate.times, newest.times), (candidate.cpu, newest.cpu)):
                ratio = median(mine[size]) / median(best[size])
                cells.append(f"{median(mine[size]):.2f} ({ratio:.2f})")
        table.add_row(candidate.server, str(candidate.statement), *cells)
    return table


def main(batches: int) -> None:
    names = distinct_names(random.Random(SEED))  # noqa: S311
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="hello-saves-")))
        candidates = []
        for release, statements in {"16": (16,), "17": (17,), "18": (17, 18)}.items():
            if release in RELEASES:
                install(RELEASES[release])
            url = stack.enter_context(running(release, folder / release)).database_url
            migrate(Database(dsn=url, application_name="benchmark"))
            candidates += [Candidate(url, release, statement) for statement in statements]
        asyncio.run(compare(candidates, names, batches))
        Console().print(shown(candidates))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else BATCHES)
