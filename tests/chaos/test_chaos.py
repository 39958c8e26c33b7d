"""Whoever is killed, and however often: every order, every event and every gift comes right."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chaos.chaos_run import ChaosRun, PauseRun
from tests.chaos.random_kills import KillableServer
from tests.chaos.system import open_servers, open_system
from tests.chaos.watcher import RedisWatcher

pytestmark = [pytest.mark.external, pytest.mark.faults, pytest.mark.timeout(400)]
ORDERS, KILLS = int(os.environ.get("CHAOS_ORDERS", "1000")), int(os.environ.get("CHAOS_KILLS", "16"))


@pytest.mark.parametrize("kind", [ChaosRun, PauseRun])
async def test_orders_events_and_gifts_stay_consistent_through_kills_and_pauses(
    kind: type[ChaosRun], tmp_path: Path
) -> None:
    with (
        ThreadPoolExecutor(1) as executor,
        open_servers(tmp_path) as servers,
        open_system(tmp_path, servers, KillableServer(servers.valkey), servers.redis_url) as system,
    ):
        watcher = RedisWatcher(servers.redis_url)
        chaos_run = kind(system=system, watcher=watcher, executor=executor, orders=ORDERS, kills=KILLS)
        await chaos_run.run()
