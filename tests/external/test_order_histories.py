"""Histories of orders that clients repeat on two processes while connections are lost."""

import asyncio
import json
import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from random import Random
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import LoggedIn
from tests.support.http.orders import ORDERS, OrderClient
from tests.support.servers import in_thread

pytestmark = pytest.mark.external
CLIENTS, REQUESTS, KEYS = 8, 30, 25
PATIENCE_S, PAUSE_S = 10, 0.3
KILL = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'hello-api'"


@dataclass(frozen=True, slots=True)
class Told:
    """A customer has got an order for a key; `number` is its quantity, another one for each key."""

    who: int
    number: int
    order: dict[str, Any]


@dataclass
class History:
    """Customers share few keys, so that most requests are repeated, on whatever process."""

    order_client: OrderClient
    run: str = field(default_factory=a_name)
    told: list[Told] = field(default_factory=list)

    @property
    def customers(self) -> list[LoggedIn]:
        return [self.order_client.ada, self.order_client.grace]

    def processes(self, random: Random) -> list[httpx.Client]:
        both = [self.order_client.client, self.order_client.other]
        random.shuffle(both)
        return both

    def order_and_read(self, seed: int) -> None:
        random = Random(seed)  # noqa: S311
        for _ in range(REQUESTS):
            who, number = random.randrange(2), random.randrange(1, KEYS + 1)
            one, other = self.processes(random)
            request = self.request(one, who, number)
            if random.random() < 0.3:
                send_and_leave(one, request, random.random() / 100)
            else:
                answer = until_known(partial(one.send, request))
                assert answer.status_code == 201, answer.text
                self.told.append(Told(who, number, answer.json()))
                self.check_read(other, self.told[-1])

    def request(self, client: httpx.Client, who: int, number: int) -> httpx.Request:
        headers = self.customers[who].headers | {"Idempotency-Key": f"{self.run}-{number}"}
        return client.build_request("POST", ORDERS, json=self.order_client.wanted(number), headers=headers)

    def check_read(self, client: httpx.Client, told: Told) -> None:
        """Read what has been told; somebody else must not."""
        path, (mine, hers) = f"{ORDERS}/{told.order['id']}", self.headers_of(told.who)
        found = until_known(lambda: client.get(path, headers=mine))
        assert (found.status_code, found.json()) == (200, told.order)
        assert until_known(lambda: client.get(path, headers=hers)).status_code == 404
        assert told.order in self.listed(client, mine)
        assert told.order["id"] not in {order["id"] for order in self.listed(client, hers)}

    def headers_of(self, who: int) -> tuple[dict[str, str], dict[str, str]]:
        return self.customers[who].headers, self.customers[1 - who].headers

    def listed(self, client: httpx.Client, headers: dict[str, str]) -> list[dict[str, Any]]:
        page = until_known(lambda: client.get(f"{ORDERS}?limit=100", headers=headers))
        assert page.status_code == 200
        orders: list[dict[str, Any]] = page.json()["orders"]
        return orders


def until_known(send: Callable[[], httpx.Response]) -> httpx.Response:
    """Send again what the loss of a database's connection has left unknown."""
    end = time.monotonic() + PATIENCE_S
    while True:
        answer = send()
        if answer.status_code != 503 or time.monotonic() > end:
            return answer
        time.sleep(float(answer.headers.get("Retry-After", 0)) / 10)


def send_and_leave(client: httpx.Client, request: httpx.Request, patience_s: float) -> None:
    """Close the connection before or after the answer, which is not read."""
    place = urlsplit(str(client.base_url))
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join([f"POST {ORDERS} HTTP/1.1", *lines, "", ""])
    with socket.create_connection((place.hostname, place.port)) as leaving:
        leaving.sendall(head.encode() + request.content)
        time.sleep(patience_s)


@pytest.fixture
def killer(servers: Servers) -> Callable[[Event], int]:
    """Ends the processes' connections of the database, again and again, until all is done."""

    async def kill() -> int:
        connection = await asyncpg.connect(servers.database_url)
        try:
            return int(await connection.fetchval(KILL))
        finally:
            await connection.close()

    def until_done(done: Event) -> int:
        killed = 0
        while not done.wait(PAUSE_S):
            killed += in_thread(lambda: asyncio.run(kill()))
        return killed

    return until_done


def test_repeated_orders_are_stored_once_and_read_back_by_their_customer_only(
    order_client: OrderClient, killer: Callable[[Event], int]
) -> None:
    history, done = History(order_client), Event()
    with ThreadPoolExecutor(CLIENTS + 1) as threads:
        killing = threads.submit(killer, done)
        try:
            list(threads.map(history.order_and_read, range(CLIENTS)))
        finally:
            done.set()
    assert killing.result() > 0
    for who in range(2):
        stored = history.listed(order_client.other, history.headers_of(who)[0])
        numbers = Counter(order["lines"][0]["quantity"] for order in stored)
        assert numbers.keys() <= set(range(1, KEYS + 1))
        assert set(numbers.values()) == {1}
        told = {json.dumps(one.order) for one in history.told if one.who == who}
        assert told <= {json.dumps(order) for order in stored}
        assert len(told) == len({one.number for one in history.told if one.who == who})
