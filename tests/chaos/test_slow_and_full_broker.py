"""A broker that answers late, and one without memory: events arrive once each and in order all the same."""

import asyncio
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.chaos.chaos_run import ChaosRun
from tests.chaos.facts import unfinished
from tests.chaos.random_kills import KillableServer
from tests.chaos.system import open_servers, open_system, readiness_of
from tests.chaos.waiting import until
from tests.chaos.watcher import RedisWatcher
from tests.support.latency import delayed

pytestmark = [pytest.mark.external, pytest.mark.faults, pytest.mark.timeout(400)]
ORDERS = int(os.environ.get("CHAOS_FAULT_ORDERS", "120"))
FULL_S = float(os.environ.get("CHAOS_FULL_S", "3"))
DELAY_S, SOON_S = 0.3, 30


class Undisturbed(ChaosRun):
    async def _disturb(self, _: asyncio.Future[Any]) -> Counter[str]:
        return Counter()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfMemory(ChaosRun):
    """Valkey refuses every write for `FULL_S`, while orders go on; then it has its memory again."""

    redis_url: str

    async def _disturb(self, _: asyncio.Future[Any]) -> Counter[str]:
        async with Redis.from_url(self.redis_url) as redis:
            before = str((await redis.config_get("maxmemory"))["maxmemory"])
            await redis.config_set("maxmemory", (await redis.info("memory"))["used_memory"] // 2)
            await until(self._do_events_wait, wanted=True, patience_s=SOON_S)
            await asyncio.sleep(FULL_S)
            assert readiness_of(self.system, "api")[0] == 200
            assert readiness_of(self.system, "relay-0") == (200, "degraded")
            await redis.config_set("maxmemory", before)
        return Counter(valkey=1)

    async def _do_events_wait(self) -> bool:
        return (await unfinished(self.system.database_url))["unpublished"] > self.orders // 4


async def test_broker_that_answers_after_300_ms_neither_loses_nor_repeats_events(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor, open_servers(tmp_path) as servers:
        async with delayed(servers.redis_url, answers_s=DELAY_S) as broker_url:
            assert await latency_s(broker_url) >= DELAY_S
            with open_system(tmp_path, servers, KillableServer(servers.valkey), broker_url) as system:
                watcher = RedisWatcher(servers.redis_url)
                await Undisturbed(
                    system=system, watcher=watcher, executor=executor, orders=ORDERS, kills=0
                ).run()


async def latency_s(url: str) -> float:
    async with Redis.from_url(url) as redis:
        await redis.ping()
        begun = monotonic()
        await redis.ping()
    return monotonic() - begun


async def test_valkey_at_its_memory_limit_neither_loses_nor_repeats_events(tmp_path: Path) -> None:
    with (
        ThreadPoolExecutor(1) as executor,
        open_servers(tmp_path) as servers,
        open_system(tmp_path, servers, KillableServer(servers.valkey), servers.redis_url) as system,
    ):
        await OutOfMemory(
            system=system,
            watcher=RedisWatcher(servers.redis_url),
            executor=executor,
            orders=ORDERS,
            kills=0,
            redis_url=servers.redis_url,
        ).run()
