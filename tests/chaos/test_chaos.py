"""Whoever is killed, and however often: every order, every event and every gift comes right."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chaos.killing import MortalServer
from tests.chaos.surviving import Ordeal, Stopping
from tests.chaos.watching import RedisWatcher
from tests.chaos.world import open_servers, open_world

pytestmark = [pytest.mark.external, pytest.mark.faults, pytest.mark.timeout(400)]
ORDERS, KILLS = int(os.environ.get("CHAOS_ORDERS", "1000")), int(os.environ.get("CHAOS_KILLS", "16"))


@pytest.mark.parametrize("kind", [Ordeal, Stopping])
async def test_all_comes_right_whatever_is_killed_or_stopped(kind: type[Ordeal], tmp_path: Path) -> None:
    with (
        ThreadPoolExecutor(1) as hands,
        open_servers(tmp_path) as servers,
        open_world(tmp_path, servers, MortalServer(servers.valkey), servers.redis_url) as world,
    ):
        watcher = RedisWatcher(servers.redis_url)
        ordeal = kind(world=world, watcher=watcher, hands=hands, orders=ORDERS, strikes=KILLS)
        await ordeal.survive()
