"""PostgreSQL's disk full while orders go on: no answer promises what is not stored, and all comes right.

Needs root, who can mount a small file system: `make test_chaos`.
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
from tests.chaos.chaos_run import ChaosRun, say
from tests.chaos.facts import connection_to
from tests.chaos.random_kills import KillableServer
from tests.chaos.system import System, open_servers, open_system
from tests.chaos.waiting import until_up
from tests.chaos.watcher import RedisWatcher
from tests.support.builders import a_name

pytestmark = [pytest.mark.chaos_root, pytest.mark.timeout(400)]
ORDERS = int(os.environ.get("CHAOS_FAULT_ORDERS", "400"))
FULL_S = float(os.environ.get("CHAOS_FULL_S", "5"))
SIZE, CHUNK = "256m", bytes(1 << 20)
BORN, REFUSED, SOON_S = "1990-05-17", 20, 30
FAULTS = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFull(ChaosRun):
    """With `is_log_full` there is no room for the write-ahead log either, and the server ends."""

    servers: Servers
    disk: Path
    is_log_full: bool
    answers: dict[str, int] = field(default_factory=dict)

    async def _disturb(self, _: asyncio.Future[Any]) -> Counter[str]:
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
        await asyncio.get_running_loop().run_in_executor(self.executor, self.servers.postgres.start)
        await until_up(self.system.api_url)
        say(f"PostgreSQL {'went on' if survived else 'ended, and was started again'}")
        return Counter(map(str, self.answers.values()))

    async def _save_until_refused(self) -> None:
        async with httpx.AsyncClient(base_url=self.system.api_url, timeout=10) as client:
            while sum(status in FAULTS for status in self.answers.values()) < REFUSED:
                name = a_name()
                answer = await client.put(f"/hello/{name}", json={"dateOfBirth": BORN})
                self.answers[name] = answer.status_code

    async def _use_up_log(self) -> None:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            async with connection_to(self.system.database_url) as connection:
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


async def people_of(system: System) -> set[str]:
    async with connection_to(system.database_url) as connection:
        return {name for (name,) in await connection.fetch("SELECT username FROM people")}


@pytest.mark.parametrize("is_log_full", [False, True])
def test_full_disk_of_postgresql_loses_no_confirmed_write(tmp_path: Path, *, is_log_full: bool) -> None:
    with (
        ThreadPoolExecutor(1) as executor,
        open_servers(tmp_path) as servers,
        on_small_disk(servers) as disk,
        open_system(tmp_path, servers, KillableServer(servers.valkey), servers.redis_url) as system,
    ):
        chaos_run = DiskFull(
            system=system,
            watcher=RedisWatcher(servers.redis_url),
            executor=executor,
            orders=ORDERS,
            kills=0,
            servers=servers,
            disk=disk,
            is_log_full=is_log_full,
        )
        asyncio.run(survive(chaos_run))


async def survive(chaos_run: DiskFull) -> None:
    await chaos_run.run()
    assert set(chaos_run.answers.values()) <= {HTTPStatus.NO_CONTENT, *FAULTS}
    confirmed = {name for name, status in chaos_run.answers.items() if status == HTTPStatus.NO_CONTENT}
    assert confirmed <= await people_of(chaos_run.system)
