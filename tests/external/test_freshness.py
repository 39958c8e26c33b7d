"""No list served after a 204 misses that write: on two processes, with Valkey killed, after a crash."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from hello.core.settings import Settings
from tests.builders import a_name
from tests.external.plain_http import PlainClient
from tests.external.running import Running, places, running_api, started
from tests.servers import temporary_servers

pytestmark = [pytest.mark.external, pytest.mark.faults]
WRITES = int(os.environ.get("WRITES", "3000"))
WRITERS, READERS = 12, 2
LEASE_S = Settings().cache_lease_s


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this module's own: their list of today is short, and Valkey is killed."""
    with temporary_servers(tmp_path_factory.mktemp("freshness")) as servers:
        yield servers


@dataclass
class History:
    """What each name's last acknowledged write said, and whether another one is on its way."""

    celebrates: dict[str, bool] = field(default_factory=dict)
    version: dict[str, int] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    acknowledged: int = 0
    lists: int = 0

    def settled(self) -> dict[str, tuple[int, bool]]:
        """Return the names of which we know what every list that is asked for from now on must say."""
        known = self.version.items()
        return {name: (at, self.celebrates[name]) for name, at in known if name not in self.pending}

    def check(self, before: dict[str, tuple[int, bool]], listed: set[str]) -> None:
        """Pass over names that were written again while the list was on its way."""
        now = self.settled()
        wrong = {
            name for name, known in before.items() if now.get(name) == known and (name in listed) != known[1]
        }
        assert not wrong, f"stale after {self.acknowledged} writes: {wrong}"
        self.lists += 1


def birthday(*, today: bool) -> str:
    """1996 is a leap year, so that every day of this year existed then."""
    return (datetime.now(UTC).date() + timedelta(0 if today else 60)).replace(year=1996).isoformat()


async def write(history: History, urls: list[str], names: list[str], random: Random) -> None:
    """Move people in and out of the list until enough writes have been acknowledged."""
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(PlainClient(url))) for url in urls]
        while history.acknowledged < WRITES:
            name, celebrates = random.choice(names), random.random() < 0.5
            history.pending.add(name)
            body = json.dumps({"dateOfBirth": birthday(today=celebrates)}).encode()
            status, _ = await random.choice(clients).request("PUT", f"/hello/{name}", body)
            assert status == 204
            history.celebrates[name] = celebrates
            history.version[name] = history.version.get(name, 0) + 1
            history.pending.remove(name)
            history.acknowledged += 1


async def read(history: History, url: str) -> None:
    with closing(PlainClient(url)) as client:
        while history.acknowledged < WRITES:
            before = history.settled()
            status, body = await client.request("GET", "/api/v1/birthdays/today?limit=100")
            assert status == 200
            history.check(before, {person["username"] for person in json.loads(body)["people"]})


async def kill_valkey(history: History, servers: Servers) -> None:
    """Kill it twice on the way, and leave it away for a while."""
    for share in (0.3, 0.6):
        while history.acknowledged < share * WRITES:
            await asyncio.sleep(0.01)
        os.kill(servers.valkey.pid or 0, signal.SIGKILL)
        until = history.acknowledged + 2 * WRITERS
        while history.acknowledged < until:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(servers.valkey.start)


@pytest.mark.timeout(max(300, WRITES // 50))
async def test_no_list_served_after_a_204_misses_that_write(own_servers: Servers) -> None:
    history, random = History(), Random()  # noqa: S311
    names = [[a_name() for _ in range(6)] for _ in range(WRITERS)]
    with ExitStack() as stack:
        urls = [stack.enter_context(running_api(own_servers)).url for _ in range(2)]
        async with asyncio.TaskGroup() as tasks:
            for mine in names:
                tasks.create_task(write(history, urls, mine, random))
            for url in urls * (READERS // 2):
                tasks.create_task(read(history, url))
            tasks.create_task(kill_valkey(history, own_servers))
        metrics = (await asyncio.to_thread(httpx.get, f"{urls[0]}/metrics")).text
    assert history.lists > WRITES / 100
    assert 'cache_requests_total{outcome="hit"}' in metrics


def test_a_crash_between_commit_and_drop_leaves_a_stale_list_for_one_lease_at_most(
    own_servers: Servers,
) -> None:
    """Another process has cached the list; the one that writes is killed before it can drop it."""
    name = a_name()
    script = Path(__file__).with_name("crashing_api.py")
    with running_api(own_servers) as reader:
        environment = places(own_servers)
        with started("--port", "0", environment=environment, command=(sys.executable, str(script))) as writer:
            assert name not in listed(reader)
            with pytest.raises(httpx.TransportError):
                httpx.put(f"{writer.url}/hello/{name}", json={"dateOfBirth": birthday(today=True)})
            killed = time.monotonic()
            assert writer.process.wait(10) == -signal.SIGKILL
        for attempt in count():
            if name in listed(reader):
                break
            assert time.monotonic() - killed < LEASE_S + 0.5, f"stale after {attempt} readings"


def listed(api: Running) -> set[str]:
    answer = httpx.get(f"{api.url}/api/v1/birthdays/today", params={"limit": 100})
    return {person["username"] for person in answer.json()["people"]}
