"""Deleting an account over HTTP and on the command line, with all that is going on at the same moment."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.http.accounts import PASSWORD, USERS, LoggedIn, log_in, refresh, register, signed_up
from tests.support.http.messages import assert_problem
from tests.support.http.orders import ITEMS, ORDERS, OrderClient, open_order_client, open_pair
from tests.support.http.running import HELLO, places

pytestmark = pytest.mark.external
DELETION = f"{USERS}/me/deletion"
WRITERS, ROUNDS = 8, 6


@pytest.fixture(scope="module")
def pair(servers: Servers) -> Iterator[list[httpx.Client]]:
    with open_pair(servers) as clients:
        yield clients


@pytest.fixture
def order_client(pair: list[httpx.Client]) -> OrderClient:
    return open_order_client(*pair)


def delete(client: httpx.Client, who: LoggedIn, password: str = PASSWORD) -> httpx.Response:
    return client.post(DELETION, json={"password": password}, headers=who.headers)


def test_deleted_account_is_gone_on_every_process(order_client: OrderClient) -> None:
    order, item = order_client.ordered(), f"{ITEMS}/{order_client.kite}"
    assert order_client.other.get(item).status_code == 200
    assert delete(order_client.client, order_client.ada).status_code == 204
    assert order_client.other.get(item).status_code == 404
    for path in (order, f"{order}/events", ORDERS, f"{USERS}/me"):
        assert_problem(order_client.other.get(path, headers=order_client.ada.headers), 401)
    assert_problem(refresh(order_client.client, order_client.ada.refresh_token), 401)
    assert_problem(delete(order_client.client, order_client.ada), 401)
    assert_problem(log_in(order_client.client, order_client.ada.account["email"]), 401)
    assert register(order_client.client, order_client.ada.account["email"]).status_code == 201


def test_orders_of_others_keep_what_they_ordered(order_client: OrderClient) -> None:
    body = order_client.wanted()
    ordered = order_client.client.post(ORDERS, json=body, headers=order_client.grace.headers)
    assert delete(order_client.client, order_client.ada).status_code == 204
    kept = order_client.client.get(ordered.headers["Location"], headers=order_client.grace.headers).json()
    assert kept["lines"][0]["title"] == "A kite"


def test_wrong_password_is_403_and_deletes_nothing(order_client: OrderClient) -> None:
    assert_problem(delete(order_client.client, order_client.ada, "not the password"), 403)
    assert order_client.client.get(f"{USERS}/me", headers=order_client.ada.headers).status_code == 200


@pytest.mark.parametrize("body", [{}, {"password": None}, {"password": "x" * 129}, []])
def test_body_without_a_password_is_400(order_client: OrderClient, body: object) -> None:
    assert_problem(order_client.client.post(DELETION, json=body, headers=order_client.ada.headers), 400)


def test_stream_of_events_ends_with_the_account(order_client: OrderClient) -> None:
    path = f"{order_client.ordered()}/events"
    with order_client.other.stream("GET", path, headers=order_client.ada.headers, timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: order.created"
        assert delete(order_client.client, order_client.ada).status_code == 204
        rest = [line for line in lines if line.startswith("event:")]
    assert rest in ([], ["event: order.cancelled"])


def test_concurrent_writes_are_refused_or_deleted_with_the_account(pair: list[httpx.Client]) -> None:
    for _ in range(ROUNDS):
        order_client = open_order_client(*pair)
        with ThreadPoolExecutor(WRITERS + 1) as pool:
            writes = [pool.submit(write, order_client, number) for number in range(WRITERS)]
            deletion = pool.submit(delete, order_client.client, order_client.ada)
            found = [answer for write in writes for answer in write.result()]
        assert deletion.result().status_code == 204
        statuses = {answer.status_code for answer in found}
        assert statuses <= {200, 201, 401, 400}, statuses
        owned = {"owner_id": order_client.ada.id}
        assert order_client.client.get(ITEMS, params=owned).json() == {"items": [], "total": 0}


def write(order_client: OrderClient, number: int) -> list[httpx.Response]:
    """Write from both processes; an order finds no item any more (400) once those are deleted."""
    order_client = replace(order_client, client=(order_client.client, order_client.other)[number % 2])
    content = {"title": "A drum", "price_cents": 1}
    answers = []
    for _ in range(4):
        answers.append(order_client.client.post(ITEMS, json=content, headers=order_client.ada.headers))
        answers.append(order_client.order())
    return [*answers, log_in(order_client.client, order_client.ada.account["email"])]


def delete_account(servers: Servers, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HELLO, "delete-account", *arguments],
        env=os.environ | places(servers),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_operator_deletes_an_account_by_its_e_mail(servers: Servers, pair: list[httpx.Client]) -> None:
    who = signed_up(pair[0])
    email = who.account["email"].upper()
    result = delete_account(servers, email, "--yes")
    assert (result.returncode, result.stdout) == (0, f"The account of {email} is deleted.\n")
    assert_problem(log_in(pair[0], email), 401)
    again = delete_account(servers, email, "--yes")
    assert (again.returncode, again.stderr) == (1, f"hello: no account with the e-mail {email}\n")


def test_operator_who_does_not_confirm_deletes_nothing(servers: Servers, pair: list[httpx.Client]) -> None:
    email = signed_up(pair[0]).account["email"]
    assert delete_account(servers, email).returncode == 1
    assert log_in(pair[0], email).status_code == 200
