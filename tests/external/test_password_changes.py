"""Changing a password over HTTP, on one process, as another one sees it."""

from collections.abc import Iterator

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.http.accounts import PASSWORD, USERS, LoggedIn, log_in, refresh, tokens_of
from tests.support.http.messages import assert_problem
from tests.support.http.orders import OrderClient, open_order_client, open_pair

pytestmark = pytest.mark.external
GUESSES = 10
NEW = "staple a new battery"


@pytest.fixture(scope="module")
def pair(servers: Servers) -> Iterator[list[httpx.Client]]:
    with open_pair(servers) as clients:
        yield clients


@pytest.fixture
def order_client(pair: list[httpx.Client]) -> OrderClient:
    return open_order_client(*pair)


def change(client: httpx.Client, who: LoggedIn, current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    body = {"current_password": current, "new_password": new}
    return client.put(f"{USERS}/me/password", json=body, headers=who.headers)


def test_only_the_new_password_and_the_own_session_work_afterwards(order_client: OrderClient) -> None:
    email = order_client.ada.account["email"]
    other = tokens_of(order_client.other, email)
    answer = change(order_client.client, order_client.ada)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(log_in(order_client.other, email), 401)
    assert log_in(order_client.other, email, NEW).status_code == 200
    assert_problem(refresh(order_client.other, other["refresh_token"]), 401)
    assert refresh(order_client.other, order_client.ada.refresh_token).status_code == 200


def test_stream_of_another_session_ends_with_the_change(order_client: OrderClient) -> None:
    thief = LoggedIn(
        order_client.ada.account, tokens_of(order_client.other, order_client.ada.account["email"])
    )
    path = f"{order_client.ordered()}/events"
    with order_client.other.stream("GET", path, headers=thief.headers, timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: order.created"
        assert change(order_client.client, order_client.ada).status_code == 204
        assert not [line for line in lines if line.startswith("event:")]


def test_wrong_password_is_403_and_changes_nothing(order_client: OrderClient) -> None:
    problem = assert_problem(change(order_client.client, order_client.ada, "not the password"), 403)
    assert problem["detail"] == "the current password is wrong"
    assert log_in(order_client.client, order_client.ada.account["email"]).status_code == 200


def test_stolen_token_cannot_guess_the_password(order_client: OrderClient) -> None:
    tries = [change(order_client.client, order_client.ada, "not the password") for _ in range(GUESSES)]
    assert {answer.status_code for answer in tries} == {403}
    refused = change(order_client.other, order_client.ada)
    assert_problem(refused, 429)
    assert int(refused.headers["Retry-After"]) > 0
    assert_problem(log_in(order_client.client, order_client.ada.account["email"]), 429)


@pytest.mark.parametrize(("length", "status"), [(11, 400), (12, 204), (128, 204), (129, 400)])
def test_new_password_has_12_to_128_characters(order_client: OrderClient, length: int, status: int) -> None:
    answer = change(order_client.client, order_client.ada, new="é" * length)
    assert answer.status_code == status
    if status == 400:
        assert [error["field"] for error in assert_problem(answer, 400)["errors"]] == ["new_password"]
        assert "é" * length not in answer.text


@pytest.mark.parametrize("body", [{}, {"current_password": PASSWORD}, {"new_password": NEW}, []])
def test_body_without_both_passwords_is_400(order_client: OrderClient, body: object) -> None:
    assert_problem(
        order_client.client.put(f"{USERS}/me/password", json=body, headers=order_client.ada.headers), 400
    )


def test_change_without_a_token_is_401(order_client: OrderClient) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert_problem(order_client.client.put(f"{USERS}/me/password", json=body), 401)
