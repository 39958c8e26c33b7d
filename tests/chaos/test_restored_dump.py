"""A dump that is restored into a new cluster while orders move: all goes on there, once each and in order."""

import asyncio
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from hello.connectors.embedded.postgres import WHEEL
from hello.core.concurrency import gather_bounded
from tests.chaos.chaos_run import AT_ONCE
from tests.chaos.consistency import assert_consistent
from tests.chaos.customers import open_customer
from tests.chaos.facts import facts_of, unfinished
from tests.chaos.random_kills import KillableServer
from tests.chaos.system import System, open_servers, open_system
from tests.chaos.waiting import until, until_finished, until_up
from tests.chaos.watcher import RedisWatcher
from tests.support.servers import temporary_servers

pytestmark = [pytest.mark.external, pytest.mark.faults, pytest.mark.timeout(400)]
ORDERS = int(os.environ.get("CHAOS_FAULT_ORDERS", "120"))
PLACED_S = 120


async def test_dump_restored_into_a_new_cluster_neither_loses_nor_repeats_events(tmp_path: Path) -> None:
    with (
        open_servers(tmp_path / "old") as servers,
        temporary_servers(tmp_path / "new") as others,
        open_system(tmp_path, servers, KillableServer(servers.valkey), servers.redis_url) as system,
    ):
        watcher = RedisWatcher(servers.redis_url)
        await until_up(system.api_url)
        async with open_customer(system.api_url) as customer:
            placing = asyncio.ensure_future(gather_bounded(AT_ONCE, customer.place, range(ORDERS)))
            await until(lambda: has_begun(servers.database_url), wanted=True, patience_s=PLACED_S)
            for process in reversed(list(system.processes.values())):
                process.kill()
            assert sum((await unfinished(servers.database_url)).values()), "nothing was under way"
            await asyncio.to_thread(restore, servers.database_url, others.database_url, tmp_path / "dump")
            servers.postgres.stop()
            start(system, {"DATABASE_URL": others.database_url})
            orders = await placing
        await until_finished(others.database_url, watcher)
        await assert_consistent(orders, others.database_url, watcher)
        system.stop()


async def has_begun(database_url: str) -> bool:
    return len((await facts_of(database_url)).lives) > ORDERS // 3


def restore(old: str, new: str, file: Path) -> None:
    """Copy everything with the tools of PostgreSQL."""
    dump, load = (WHEEL.find().with_name(name) for name in ("pg_dump", "pg_restore"))
    subprocess.run([dump, "--format=custom", f"--file={file}", old], check=True)
    subprocess.run([load, "--exit-on-error", f"--dbname={new}", file], check=True)


def start(system: System, settings: Mapping[str, str]) -> None:
    for process in system.processes.values():
        process.environment = {**process.environment, **settings}
        process.start()
