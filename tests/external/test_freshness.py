"""No list served after a 204 misses that write: on two processes, with Valkey killed or far from one."""

import asyncio
import json
import os
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.plain_http import PlainClient
from tests.support.http.running import Running, running_api
from tests.support.latency import delayed
from tests.support.servers import temporary_servers

pytestmark = [pytest.mark.external, pytest.mark.faults]
WRITES = int(os.environ.get("WRITES", "3000"))
WRITERS, READERS = 4, 2


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this module's own: their list of today is short, and Valkey is killed."""
    with temporary_servers(tmp_path_factory.mktemp("freshness")) as servers:
        yield servers


@dataclass
class Write:
    """When it began and when it was acknowledged, in steps of the history, and what it said."""

    start: int
    celebrates: bool
    end: int | None = None


@dataclass
class History:
    """The last writes of each name. Writes of one name overlap, on both processes."""

    names: list[str]
    writes: dict[str, deque[Write]] = field(default_factory=dict)
    step: int = 0
    acknowledged: int = 0
    lists: int = 0

    def now(self) -> int:
        self.step += 1
        return self.step

    def begin(self, name: str, *, celebrates: bool) -> Write:
        write = Write(self.now(), celebrates)
        self.writes.setdefault(name, deque(maxlen=50)).append(write)
        return write

    def end(self, write: Write) -> None:
        write.end = self.now()
        self.acknowledged += 1

    def check(self, start: int, listed: set[str]) -> None:
        wrong = {name for name in self.names if (name in listed) not in self.possible(name, start)}
        assert not wrong, f"stale after {self.acknowledged} writes: {wrong}"
        self.lists += 1

    def possible(self, name: str, start: int) -> set[bool]:
        """Return what a list that was asked for at `start` may say: nothing that was overwritten by then."""
        writes = self.writes.get(name, ())
        acknowledged = [write.start for write in writes if write.end and write.end < start]
        last = max(acknowledged, default=-1)
        known = {write.celebrates for write in writes if write.end is None or write.end >= last}
        return known if acknowledged else known | {False}


def birthday(*, today: bool, month: int = 2) -> str:
    """1996 is a leap year, so that every day of this year existed then."""
    return (datetime.now(UTC).date() + timedelta(0 if today else 30 * month)).replace(year=1996).isoformat()


async def write(history: History, urls: list[str], random: Random) -> None:
    """Move people in and out of the list until enough writes have been acknowledged."""
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(PlainClient(url))) for url in urls]
        while history.acknowledged < WRITES:
            name, celebrates = random.choice(history.names), random.random() < 0.1
            born = birthday(today=celebrates, month=random.randint(2, 8))
            begun = history.begin(name, celebrates=celebrates)
            body = json.dumps({"dateOfBirth": born}).encode()
            status, _ = await random.choice(clients).request("PUT", f"/hello/{name}", body)
            assert status == 204
            history.end(begun)


async def read(history: History, url: str) -> None:
    with closing(PlainClient(url)) as client:
        while history.acknowledged < WRITES:
            start = history.now()
            status, body = await client.request("GET", "/api/v1/birthdays/today?limit=100")
            assert status == 200
            history.check(start, {person["username"] for person in json.loads(body)["people"]})


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
@pytest.mark.parametrize("delay_s", [0, 0.03], ids=["near Redis", "one process far from Redis"])
async def test_no_list_served_after_a_204_misses_that_write(own_servers: Servers, delay_s: float) -> None:
    history, random = History([a_name() for _ in range(4)]), Random()  # noqa: S311
    async with delayed(own_servers.redis_url, delay_s) as redis_url, AsyncExitStack() as stack:
        near = await asyncio.to_thread(stack.enter_context, running_api(own_servers))
        far = await asyncio.to_thread(stack.enter_context, running_api(own_servers, REDIS_URL=redis_url))
        urls = [near.url, far.url]
        async with asyncio.TaskGroup() as tasks:
            for _ in range(WRITERS):
                tasks.create_task(write(history, urls, random))
            for url in urls * (READERS // 2):
                tasks.create_task(read(history, url))
            tasks.create_task(kill_valkey(history, own_servers))
        metrics = (await asyncio.to_thread(httpx.get, f"{urls[0]}/metrics")).text
    assert history.lists > WRITES / 100
    assert 'cache_requests_total{outcome="hit"}' in metrics


@pytest.mark.parametrize("second", ["PUT", "DELETE"])
async def test_a_write_after_one_whose_process_is_slow_to_reach_redis_leaves_no_stale_list(
    own_servers: Servers, second: str
) -> None:
    """The first moves a person out of the list and is not answered yet; the second concerns no list."""
    name = a_name()
    async with delayed(own_servers.redis_url, 0.1) as redis_url, AsyncExitStack() as stack:
        near = await asyncio.to_thread(stack.enter_context, running_api(own_servers))
        far = await asyncio.to_thread(stack.enter_context, running_api(own_servers, REDIS_URL=redis_url))
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=10))
        await client.put(f"{near.url}/hello/{name}", json={"dateOfBirth": birthday(today=True)})
        assert name in await listed(client, near)
        moved = {"dateOfBirth": birthday(today=False)}
        first = asyncio.create_task(client.put(f"{far.url}/hello/{name}", json=moved))
        while "Happy" in (await client.get(f"{near.url}/hello/{name}")).text:
            await asyncio.sleep(0)
        again = {"dateOfBirth": birthday(today=False, month=3)}
        answer = await client.request(second, f"{near.url}/hello/{name}", json=again)
        assert answer.status_code == 204
        assert name not in await listed(client, near)
        await first


async def listed(client: httpx.AsyncClient, api: Running) -> set[str]:
    answer = await client.get(f"{api.url}/api/v1/birthdays/today", params={"limit": 100})
    return {person["username"] for person in answer.json()["people"]}
