"""The stream of an order's changes, as a browser's EventSource would read it."""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from itertools import islice
from typing import Any

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.external.test_hello import assert_problem
from tests.support.builders import a_name
from tests.support.http.accounts import client_of
from tests.support.http.ordering import ORDERS, SETTINGS, Shop, newly_opened, work_off
from tests.support.http.running import running_api

pytestmark = pytest.mark.external
FOLLOWERS = int(os.environ.get("FOLLOWERS", "200"))
UNLIMITED = httpx.Limits(max_connections=None)
Sent = dict[str, str]


def events_in(lines: Iterator[str]) -> Iterator[Sent]:
    """Read as HTML Living Standard 9.2.6 has it, without comments."""
    event: Sent = {}
    for line in lines:
        if not line and "data" in event:
            yield event
            event = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


@contextmanager
def following(client: httpx.Client, shop: Shop, path: str, seen: str = "") -> Iterator[Iterator[Sent]]:
    headers = shop.ada.headers | {"Last-Event-ID": seen}
    with client.stream("GET", f"{path}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        yield events_in(answer.iter_lines())


def told(event: Sent) -> tuple[str, str]:
    return event["event"], event["id"]


def order_in(event: Sent) -> Any:  # noqa: ANN401  # as JSON has it
    return json.loads(event["data"])


async def test_an_order_is_followed_through_its_life_across_processes(shop: Shop, servers: Servers) -> None:
    path = shop.ordered()
    with following(shop.other, shop, path) as events:
        created = next(events)
        assert told(created) == ("order.created", "1")
        assert order_in(created) == shop.read(path).json()
        assert shop.replace(path, shop.wanted(3), if_match='"1"').status_code == 200
        updated = next(events)
        assert (told(updated), order_in(updated)) == (("order.updated", "2"), shop.read(path).json())
        for number, state in (("3", "confirmed"), ("4", "shipped")):
            await work_off(servers)
            event = next(events)
            assert (told(event), order_in(event)) == ((f"order.{state}", number), shop.read(path).json())
        assert next(events, None) is None


def test_a_change_is_told_within_a_moment(shop: Shop) -> None:
    """Callback by PostgreSQL: the next heartbeat would be 15 seconds away."""
    path = shop.ordered()
    with following(shop.other, shop, path) as events:
        next(events)
        start = time.monotonic()
        assert shop.cancel(path).status_code == 204
        assert told(next(events)) == ("order.cancelled", "2")
        assert time.monotonic() - start < 10


def test_a_client_that_comes_back_misses_nothing(shop: Shop) -> None:
    path = shop.ordered()
    with following(shop.client, shop, path) as events:
        seen = next(events)["id"]
    for quantity in (2, 3):
        assert shop.replace(path, shop.wanted(quantity), if_match="*").status_code == 200
    shop.cancel(path)
    with following(shop.client, shop, path, seen) as events:
        again = list(events)
    assert [told(one) for one in again] == [
        ("order.updated", "2"),
        ("order.updated", "3"),
        ("order.cancelled", "4"),
    ]
    assert [order_in(one)["lines"][0]["quantity"] for one in again] == [2, 3, 3]


def test_who_knows_all_of_an_ended_order_need_not_come_back(shop: Shop) -> None:
    path = shop.ordered()
    shop.cancel(path)
    for seen in ("2", "3", "9999999999"):
        ended = shop.client.get(f"{path}/events", headers=shop.ada.headers | {"Last-Event-ID": seen})
        assert (ended.status_code, ended.content) == (204, b"")
    with following(shop.client, shop, path) as events:
        assert [one["id"] for one in events] == ["1", "2"]


@pytest.mark.parametrize("seen", ["x", "-1", "1.0", "12345678901", "1 2", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_an_id_of_something_else_is_refused(shop: Shop, seen: str) -> None:
    path = shop.ordered()
    headers = shop.ada.headers | {"Last-Event-ID": seen}
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = shop.client.get(f"{path}/events", headers=sent)
    assert "Last-Event-ID" in assert_problem(answer, 400)["detail"]


def test_nobody_else_follows_it(shop: Shop) -> None:
    path = shop.ordered()
    assert_problem(shop.client.get(f"{path}/events"), 401)
    assert_problem(shop.client.get(f"{path}/events", headers=shop.grace.headers), 404)
    assert_problem(shop.client.get(f"{ORDERS}/{a_name()}/events", headers=shop.ada.headers), 400)


def test_asking_for_the_head_ends_at_once(servers: Servers) -> None:
    """What would have followed must not be taken for a fault, either."""
    with running_api(servers) as api, client_of(api) as client:
        shop = newly_opened(client, client)
        path = shop.ordered()
        shop.cancel(path)
        head = client.head(f"{path}/events", headers=shop.ada.headers, timeout=5)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Type"].startswith("text/event-stream")
        assert api.stop() == 0
    assert not [line for line in api.printed if "request failed" in line]


@pytest.mark.faults
def test_many_follow_without_holding_connections_to_the_database(servers: Servers) -> None:
    """More than the pool has; the others are answered meanwhile."""
    with (
        running_api(servers, DATABASE_POOL_SIZE="2", ORDER_FOLLOWERS_PER_ACCOUNT="30") as api,
        client_of(api) as client,
    ):
        shop = newly_opened(client, client)
        path = shop.ordered()
        with httpx.Client(base_url=api.url, limits=httpx.Limits(max_connections=None)) as followers:
            streams = [followers.stream("GET", f"{path}/events", headers=shop.ada.headers) for _ in range(30)]
            answers = [stream.__enter__() for stream in streams]
            events = [events_in(answer.iter_lines()) for answer in answers]
            assert {next(one)["id"] for one in events} == {"1"}
            assert shop.cancel(path).status_code == 204
            assert {one["id"] for some in events for one in some} == {"2"}
            for stream in streams:
                stream.__exit__(None, None, None)


@pytest.mark.faults
async def test_many_who_follow_at_once_wait_for_the_pool_and_none_fails(servers: Servers) -> None:
    """All ask, and all are woken, in the same moment, for one order and for many."""
    pool = {"DATABASE_POOL_SIZE": "2", "DATABASE_POOL_OVERFLOW": "0"}
    settings = SETTINGS | pool | {"ORDER_FOLLOWERS_PER_ACCOUNT": str(FOLLOWERS)}
    with running_api(servers, **settings) as api, client_of(api) as client:
        shop = newly_opened(client, client)
        paths = [shop.ordered() for _ in range(20)]
        followed = [paths[0]] * (FOLLOWERS // 2) + paths * (FOLLOWERS // 2 // len(paths))
        all_began = asyncio.Barrier(len(followed) + 1)
        async with (
            httpx.AsyncClient(base_url=api.url, timeout=120, limits=UNLIMITED) as followers,
            asyncio.TaskGroup() as group,
        ):
            streams = [all_of(followers, shop, path, all_began) for path in followed]
            tasks = [group.create_task(stream) for stream in streams]
            await all_began.wait()
            for path in paths:
                assert (await asyncio.to_thread(shop.cancel, path)).status_code == 204
    assert [task.result() for task in tasks] == [["1", "2"]] * len(followed)


async def all_of(client: httpx.AsyncClient, shop: Shop, path: str, all_began: asyncio.Barrier) -> list[str]:
    """Return the ids of all events; say when the first has come."""
    ids = []
    async with client.stream("GET", f"{path}/events", headers=shop.ada.headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                ids.append(line.removeprefix("id: "))
                if len(ids) == 1:
                    await all_began.wait()
    return ids


def status_at_last(client: httpx.Client, path: str, headers: Sent) -> int:
    """Wait for the seat of one whose answer has just ended."""
    while (status := client.get(path, headers=headers).status_code) == HTTPStatus.SERVICE_UNAVAILABLE:
        pass
    return status


def test_one_follower_too_many_is_503_until_another_leaves(servers: Servers) -> None:
    with running_api(servers, **SETTINGS, ORDER_FOLLOWERS="1") as api, client_of(api) as client:
        shop = newly_opened(client, client)
        path, headers = shop.ordered(), shop.ada.headers
        with following(client, shop, path) as events:
            next(events)
            refused = client.get(f"{path}/events", headers=headers)
            assert_problem(refused, 503)
            assert refused.headers["Retry-After"]
            assert shop.cancel(path).status_code == 204
            assert [told(event) for event in events] == [("order.cancelled", "2")]
        for caller, status in ((shop.ada, 204), (shop.grace, 404), (shop.ada, 204)):
            seen = caller.headers | {"Last-Event-ID": "2"}
            assert status_at_last(client, f"{path}/events", seen) == status


def test_a_process_that_stops_ends_its_streams(servers: Servers) -> None:
    with running_api(servers) as api, client_of(api) as client:
        shop = newly_opened(client, client)
        with following(client, shop, shop.ordered()) as events:
            assert [one["id"] for one in islice(events, 1)] == ["1"]
            start = time.monotonic()
            api.process.terminate()
            assert next(events, None) is None
        assert api.process.wait(20) == 0
        assert time.monotonic() - start < 10
