"""A broker that is unavailable at the start: all else works, and events arrive once it is available."""

from pathlib import Path

import pytest

from tests.chaos.consistency import assert_consistent
from tests.chaos.customers import open_customer
from tests.chaos.facts import unfinished
from tests.chaos.random_kills import KillableServer
from tests.chaos.system import System, open_servers, open_system, readiness_of
from tests.chaos.waiting import until, until_finished, until_up
from tests.chaos.watcher import RedisWatcher

pytestmark = [pytest.mark.external, pytest.mark.faults, pytest.mark.timeout(200)]
ORDERS, SOON_S = 20, 60


async def test_events_wait_for_a_broker_unavailable_from_the_start(tmp_path: Path) -> None:
    with open_servers(tmp_path) as servers:
        servers.valkey.stop()
        with open_system(tmp_path, servers, KillableServer(servers.valkey), servers.redis_url) as system:
            await until_up(system.api_url)
            async with open_customer(system.api_url) as customer:
                orders = [await customer.place(number) for number in range(ORDERS)]
            await until(lambda: moving(system), 0, SOON_S)
            assert (await unfinished(system.database_url))["unpublished"] > ORDERS
            assert_all_serve(system)
            servers.valkey.start()
            watcher = RedisWatcher(servers.redis_url)
            await until_finished(system.database_url, watcher)
            await assert_consistent(orders, system.database_url, watcher)


async def moving(system: System) -> int:
    return (await unfinished(system.database_url))["moving"]


def assert_all_serve(system: System) -> None:
    for name in system.processes:
        assert readiness_of(system, name) == (200, "degraded")
