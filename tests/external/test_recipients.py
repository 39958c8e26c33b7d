"""`/api/v1/recipients`: what the consumer of shipped orders has counted."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from time import monotonic, sleep

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import bearer, client_of
from tests.support.http.birthdays import save_birthday
from tests.support.http.messages import assert_problem
from tests.support.http.orders import ADMIN_TOKEN, OrderClient, open_order_client
from tests.support.http.running import places, running_api, started
from tests.support.servers import WORKER, with_own_database

pytestmark = pytest.mark.external
RECIPIENTS = "/api/v1/recipients"
SETTINGS = {"ADMIN_TOKEN": ADMIN_TOKEN, "ORDER_CONFIRM_DELAY_S": "0.1", "ORDER_SHIP_DELAY_S": "0.1"}


@pytest.fixture(scope="module")
async def own_servers(servers: Servers) -> Servers:
    """Use an own database and own streams: the worker moves every order that it finds."""
    own = await with_own_database(servers, f"hello_recipients_{WORKER}")
    return replace(own, redis_url=own.redis_url.replace("db=0", "db=2"))


@pytest.fixture(scope="module")
def client(own_servers: Servers) -> Iterator[httpx.Client]:
    with ExitStack() as stack:
        api = stack.enter_context(running_api(own_servers, **SETTINGS))
        environment = places(own_servers) | SETTINGS
        stack.enter_context(started("worker", "--port", "0", environment=environment))
        yield stack.enter_context(client_of(api))


def read(client: httpx.Client, username: str) -> httpx.Response:
    return client.get(f"{RECIPIENTS}/{username}", headers=bearer(ADMIN_TOKEN))


def order(order_client: OrderClient, recipient: str) -> str:
    created = order_client.order(order_client.wanted(recipient=recipient))
    assert created.status_code == 201, created.text
    return str(created.headers["Location"])


def test_shipped_orders_are_counted_for_their_recipient(client: httpx.Client) -> None:
    order_client, mary = open_order_client(client, client), a_name()
    save_birthday(client, mary, "1990-05-17")
    assert read(client, order_client.john).json() == {"username": order_client.john, "gifts_received": 0}
    cancelled = order(order_client, mary)
    order_client.cancel(cancelled)
    for _ in range(2):
        order(order_client, order_client.john)
    end = monotonic() + 30
    while read(client, order_client.john).json()["gifts_received"] < 2:
        assert monotonic() < end
        sleep(0.05)
    assert read(client, mary).json()["gifts_received"] == 0


def test_recipient_who_is_unknown_or_deleted_is_404(client: httpx.Client) -> None:
    name = a_name()
    assert_problem(read(client, name), 404)
    save_birthday(client, name, "1990-05-17")
    assert read(client, name).status_code == 200
    client.delete(f"/hello/{name}")
    assert_problem(read(client, name), 404)


@pytest.mark.parametrize("name", ["J0hn", "john%0A", "%C3%A4", "x" * 101])
def test_bad_name_of_a_recipient_is_400(client: httpx.Client, name: str) -> None:
    assert_problem(read(client, name), 400)
