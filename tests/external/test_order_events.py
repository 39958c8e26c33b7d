"""The stream of an order's changes, as a browser's EventSource would read it."""

import asyncio
import json
import os
import time
from http import HTTPStatus
from itertools import islice
from typing import Any

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import client_of
from tests.support.http.event_streams import Sent, events_in, following
from tests.support.http.messages import assert_problem
from tests.support.http.orders import ORDERS, SETTINGS, OrderClient, advance_orders, open_order_client
from tests.support.http.running import running_api

pytestmark = pytest.mark.external
FOLLOWERS = int(os.environ.get("FOLLOWERS", "200"))
UNLIMITED = httpx.Limits(max_connections=None)


def told(event: Sent) -> tuple[str, str]:
    return event["event"], event["id"]


def order_in(event: Sent) -> Any:  # noqa: ANN401  # as JSON has it
    return json.loads(event["data"])


async def test_an_order_is_followed_through_its_life_across_processes(
    order_client: OrderClient, servers: Servers
) -> None:
    path = order_client.ordered()
    with following(order_client.other, order_client, path) as events:
        created = next(events)
        assert told(created) == ("order.created", "1")
        assert order_in(created) == order_client.read(path).json()
        assert order_client.replace(path, order_client.wanted(3), if_match='"1"').status_code == 200
        updated = next(events)
        assert (told(updated), order_in(updated)) == (("order.updated", "2"), order_client.read(path).json())
        for number, state in (("3", "confirmed"), ("4", "shipped")):
            await advance_orders(servers)
            event = next(events)
            assert (told(event), order_in(event)) == (
                (f"order.{state}", number),
                order_client.read(path).json(),
            )
        assert next(events, None) is None


def test_change_of_an_order_is_streamed_within_a_second(order_client: OrderClient) -> None:
    """Callback by PostgreSQL: the next heartbeat would be 15 seconds away."""
    path = order_client.ordered()
    with following(order_client.other, order_client, path) as events:
        next(events)
        start = time.monotonic()
        assert order_client.cancel(path).status_code == 204
        assert told(next(events)) == ("order.cancelled", "2")
        assert time.monotonic() - start < 10


def test_reconnected_client_misses_no_event(order_client: OrderClient) -> None:
    path = order_client.ordered()
    with following(order_client.client, order_client, path) as events:
        seen = next(events)["id"]
    for quantity in (2, 3):
        assert order_client.replace(path, order_client.wanted(quantity), if_match="*").status_code == 200
    order_client.cancel(path)
    with following(order_client.client, order_client, path, seen) as events:
        again = list(events)
    assert [told(one) for one in again] == [
        ("order.updated", "2"),
        ("order.updated", "3"),
        ("order.cancelled", "4"),
    ]
    assert [order_in(one)["lines"][0]["quantity"] for one in again] == [2, 3, 3]


def test_last_event_id_of_an_ended_order_is_204(order_client: OrderClient) -> None:
    path = order_client.ordered()
    order_client.cancel(path)
    for seen in ("2", "3", "9999999999"):
        ended = order_client.client.get(
            f"{path}/events", headers=order_client.ada.headers | {"Last-Event-ID": seen}
        )
        assert (ended.status_code, ended.content) == (204, b"")
    with following(order_client.client, order_client, path) as events:
        assert [one["id"] for one in events] == ["1", "2"]


@pytest.mark.parametrize("seen", ["x", "-1", "1.0", "12345678901", "1 2", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_invalid_last_event_id_is_400(order_client: OrderClient, seen: str) -> None:
    path = order_client.ordered()
    headers = order_client.ada.headers | {"Last-Event-ID": seen}
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = order_client.client.get(f"{path}/events", headers=sent)
    assert "Last-Event-ID" in assert_problem(answer, 400)["detail"]


def test_order_events_are_404_for_other_accounts(order_client: OrderClient) -> None:
    path = order_client.ordered()
    assert_problem(order_client.client.get(f"{path}/events"), 401)
    assert_problem(order_client.client.get(f"{path}/events", headers=order_client.grace.headers), 404)
    assert_problem(
        order_client.client.get(f"{ORDERS}/{a_name()}/events", headers=order_client.ada.headers), 400
    )


def test_head_of_order_events_ends_at_once(servers: Servers) -> None:
    """What would have followed must not be taken for a fault, either."""
    with running_api(servers) as api, client_of(api) as client:
        order_client = open_order_client(client, client)
        path = order_client.ordered()
        order_client.cancel(path)
        head = client.head(f"{path}/events", headers=order_client.ada.headers, timeout=5)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Type"].startswith("text/event-stream")
        assert api.stop() == 0
    assert not [line for line in api.printed if "request failed" in line]


@pytest.mark.faults
def test_followers_hold_no_database_connections(servers: Servers) -> None:
    """More than the pool has; the others are answered meanwhile."""
    with (
        running_api(servers, DATABASE_POOL_SIZE="2", ORDER_FOLLOWERS_PER_ACCOUNT="30") as api,
        client_of(api) as client,
    ):
        order_client = open_order_client(client, client)
        path = order_client.ordered()
        with httpx.Client(base_url=api.url, limits=httpx.Limits(max_connections=None)) as followers:
            streams = [
                followers.stream("GET", f"{path}/events", headers=order_client.ada.headers) for _ in range(30)
            ]
            answers = [stream.__enter__() for stream in streams]
            events = [events_in(answer.iter_lines()) for answer in answers]
            assert {next(one)["id"] for one in events} == {"1"}
            assert order_client.cancel(path).status_code == 204
            assert {one["id"] for some in events for one in some} == {"2"}
            for stream in streams:
                stream.__exit__(None, None, None)


@pytest.mark.faults
async def test_concurrent_followers_wait_for_the_pool_and_none_fails(servers: Servers) -> None:
    """All ask, and all are woken, in the same moment, for one order and for many."""
    pool = {"DATABASE_POOL_SIZE": "2", "DATABASE_POOL_OVERFLOW": "0"}
    settings = SETTINGS | pool | {"ORDER_FOLLOWERS_PER_ACCOUNT": str(FOLLOWERS)}
    with running_api(servers, **settings) as api, client_of(api) as client:
        order_client = open_order_client(client, client)
        paths = [order_client.ordered() for _ in range(20)]
        followed = [paths[0]] * (FOLLOWERS // 2) + paths * (FOLLOWERS // 2 // len(paths))
        all_began = asyncio.Barrier(len(followed) + 1)
        async with (
            httpx.AsyncClient(base_url=api.url, timeout=120, limits=UNLIMITED) as followers,
            asyncio.TaskGroup() as group,
        ):
            streams = [all_of(followers, order_client, path, all_began) for path in followed]
            tasks = [group.create_task(stream) for stream in streams]
            await all_began.wait()
            for path in paths:
                assert (await asyncio.to_thread(order_client.cancel, path)).status_code == 204
    assert [task.result() for task in tasks] == [["1", "2"]] * len(followed)


async def all_of(
    client: httpx.AsyncClient, order_client: OrderClient, path: str, all_began: asyncio.Barrier
) -> list[str]:
    """Return the ids of all events; say when the first has come."""
    ids = []
    async with client.stream("GET", f"{path}/events", headers=order_client.ada.headers) as answer:
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


def test_follower_above_the_bound_is_503_until_another_leaves(servers: Servers) -> None:
    with running_api(servers, **SETTINGS, ORDER_FOLLOWERS="1") as api, client_of(api) as client:
        order_client = open_order_client(client, client)
        path, headers = order_client.ordered(), order_client.ada.headers
        with following(client, order_client, path) as events:
            next(events)
            refused = client.get(f"{path}/events", headers=headers)
            assert_problem(refused, 503)
            assert refused.headers["Retry-After"]
            assert order_client.cancel(path).status_code == 204
            assert [told(event) for event in events] == [("order.cancelled", "2")]
        for caller, status in ((order_client.ada, 204), (order_client.grace, 404), (order_client.ada, 204)):
            seen = caller.headers | {"Last-Event-ID": "2"}
            assert status_at_last(client, f"{path}/events", seen) == status


def test_a_process_that_stops_ends_its_streams(servers: Servers) -> None:
    with running_api(servers) as api, client_of(api) as client:
        order_client = open_order_client(client, client)
        with following(client, order_client, order_client.ordered()) as events:
            assert [one["id"] for one in islice(events, 1)] == ["1"]
            start = time.monotonic()
            api.process.terminate()
            assert next(events, None) is None
        assert api.process.wait(20) == 0
        assert time.monotonic() - start < 10
