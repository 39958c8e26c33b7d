"""A broker that is away from the start: all else goes on, and events arrive when it comes."""

from pathlib import Path

import httpx
import pytest

from tests.chaos.awaiting import until, until_finished, until_up
from tests.chaos.facts import unfinished
from tests.chaos.judging import judge
from tests.chaos.killing import MortalServer
from tests.chaos.shopping import open_customer
from tests.chaos.watching import RedisWatcher
from tests.chaos.world import World, open_servers, open_world
from tests.support.http.running import LISTENING

pytestmark = [pytest.mark.external, pytest.mark.faults, pytest.mark.timeout(200)]
ORDERS, SOON_S = 20, 60


async def test_events_wait_for_a_broker_that_is_away_from_the_start(tmp_path: Path) -> None:
    with open_servers(tmp_path) as servers:
        servers.valkey.stop()
        with open_world(tmp_path, servers, MortalServer(servers.valkey), servers.redis_url) as world:
            await until_up(world.api_url)
            async with open_customer(world.api_url) as customer:
                orders = [await customer.place(number) for number in range(ORDERS)]
            await until(lambda: moving(world), 0, SOON_S)
            assert (await unfinished(world.database_url))["unpublished"] > ORDERS
            assert_all_serve(world)
            servers.valkey.start()
            watcher = RedisWatcher(servers.redis_url)
            await until_finished(world.database_url, watcher)
            await judge(orders, world.database_url, watcher)


async def moving(world: World) -> int:
    return (await unfinished(world.database_url))["moving"]


def assert_all_serve(world: World) -> None:
    for name in world.processes:
        assert readiness_of(world, name) == (200, "degraded")


def readiness_of(world: World, name: str) -> tuple[int, str]:
    """Ask where the process has listened last."""
    *_, address = LISTENING.findall(world.processes[name].log.read_text())
    health = httpx.get(f"{address}/api/v1/health/ready")
    return health.status_code, health.json()["status"]
