"""PostgreSQL's disk full while orders go on: no answer promises what is not stored, and all comes right.

`pytest -n 0 tests/chaos/checks_of_disk.py`: needs root, who can mount a small file system.
"""

import asyncio
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.chaos.awaiting import until_up
from tests.chaos.facts import connection_to
from tests.chaos.killing import MortalServer
from tests.chaos.surviving import Ordeal, say
from tests.chaos.watching import RedisWatcher
from tests.chaos.world import World, open_servers, open_world
from tests.support.builders import a_name

pytestmark = pytest.mark.timeout(400)
ORDERS = int(os.environ.get("CHAOS_FAULT_ORDERS", "400"))
FULL_S = float(os.environ.get("CHAOS_FULL_S", "5"))
SIZE, CHUNK = "256m", bytes(1 << 20)
BORN, REFUSED, SOON_S = "1990-05-17", 20, 30
FAULTS = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFull(Ordeal):
    """With `is_log_full` there is no room for the write-ahead log either, and the server ends."""

    servers: Servers
    disk: Path
    is_log_full: bool
    answers: dict[str, int] = field(default_factory=dict)

    async def _strike(self, _: asyncio.Future[Any]) -> Counter[str]:
        fill(self.disk / "filler")
        try:
            async with asyncio.timeout(SOON_S):
                await self._save_until_refused()
                if self.is_log_full:
                    await self._use_up_log()
            await asyncio.sleep(FULL_S)
        finally:
            (self.disk / "filler").unlink()
        survived = self.servers.postgres.pid is not None
        await asyncio.get_running_loop().run_in_executor(self.hands, self.servers.postgres.start)
        await until_up(self.world.api_url)
        say(f"PostgreSQL {'went on' if survived else 'ended, and was started again'}")
        return Counter(map(str, self.answers.values()))

    async def _save_until_refused(self) -> None:
        async with httpx.AsyncClient(base_url=self.world.api_url, timeout=10) as client:
            while sum(status in FAULTS for status in self.answers.values()) < REFUSED:
                name = a_name()
                answer = await client.put(f"/hello/{name}", json={"dateOfBirth": BORN})
                self.answers[name] = answer.status_code

    async def _use_up_log(self) -> None:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            async with connection_to(self.world.database_url) as connection:
                while True:
                    await connection.execute("SELECT pg_switch_wal(), pg_logical_emit_message(true, '', '')")


def fill(filler: Path) -> None:
    with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:
        while file.write(CHUNK):
            pass


@contextmanager
def on_small_disk(servers: Servers) -> Iterator[Path]:
    """Move the data of PostgreSQL to a file system of its own, and let the server go on there."""
    data = asyncio.run(data_of(servers.database_url))
    servers.postgres.stop()
    with mounted(data):
        try:
            servers.postgres.start()
            yield data
        finally:
            servers.postgres.stop()


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """Mount a file system in place of the folder, with all that is in there."""
    copied = folder.with_name("copied")
    folder.rename(copied)
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], check=True)
    try:
        subprocess.run(["cp", "-a", f"{copied}/.", folder], check=True)
        shutil.rmtree(copied)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


async def data_of(database_url: str) -> Path:
    async with connection_to(database_url) as connection:
        return Path(await connection.fetchval("SHOW data_directory"))


async def people_of(world: World) -> set[str]:
    async with connection_to(world.database_url) as connection:
        return {name for (name,) in await connection.fetch("SELECT username FROM people")}


@pytest.mark.parametrize("is_log_full", [False, True])
def test_full_disk_of_postgres_loses_what_was_confirmed(tmp_path: Path, *, is_log_full: bool) -> None:
    with (
        ThreadPoolExecutor(1) as hands,
        open_servers(tmp_path) as servers,
        on_small_disk(servers) as disk,
        open_world(tmp_path, servers, MortalServer(servers.valkey), servers.redis_url) as world,
    ):
        ordeal = DiskFull(
            world=world,
            watcher=RedisWatcher(servers.redis_url),
            hands=hands,
            orders=ORDERS,
            strikes=0,
            servers=servers,
            disk=disk,
            is_log_full=is_log_full,
        )
        asyncio.run(survive(ordeal))


async def survive(ordeal: DiskFull) -> None:
    await ordeal.survive()
    assert set(ordeal.answers.values()) <= {HTTPStatus.NO_CONTENT, *FAULTS}
    confirmed = {name for name, status in ordeal.answers.items() if status == HTTPStatus.NO_CONTENT}
    assert confirmed <= await people_of(ordeal.world)
