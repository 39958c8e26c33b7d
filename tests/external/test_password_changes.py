"""Changing a password over HTTP, on one process, as another one sees it."""

from collections.abc import Iterator

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.external.test_hello import assert_problem
from tests.support.http.accounts import PASSWORD, USERS, LoggedIn, log_in, refresh, tokens_of
from tests.support.http.ordering import Shop, newly_opened, open_pair

pytestmark = pytest.mark.external
GUESSES = 10
NEW = "staple a new battery"


@pytest.fixture(scope="module")
def pair(servers: Servers) -> Iterator[list[httpx.Client]]:
    with open_pair(servers) as clients:
        yield clients


@pytest.fixture
def shop(pair: list[httpx.Client]) -> Shop:
    return newly_opened(*pair)


def change(client: httpx.Client, who: LoggedIn, current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    body = {"current_password": current, "new_password": new}
    return client.put(f"{USERS}/me/password", json=body, headers=who.headers)


def test_only_the_new_password_and_the_own_session_work_afterwards(shop: Shop) -> None:
    email = shop.ada.account["email"]
    other = tokens_of(shop.other, email)
    answer = change(shop.client, shop.ada)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(log_in(shop.other, email), 401)
    assert log_in(shop.other, email, NEW).status_code == 200
    assert_problem(refresh(shop.other, other["refresh_token"]), 401)
    assert refresh(shop.other, shop.ada.refresh_token).status_code == 200


def test_stream_of_another_session_ends_with_the_change(shop: Shop) -> None:
    thief = LoggedIn(shop.ada.account, tokens_of(shop.other, shop.ada.account["email"]))
    path = f"{shop.ordered()}/events"
    with shop.other.stream("GET", path, headers=thief.headers, timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: order.created"
        assert change(shop.client, shop.ada).status_code == 204
        assert not [line for line in lines if line.startswith("event:")]


def test_wrong_password_is_403_and_changes_nothing(shop: Shop) -> None:
    problem = assert_problem(change(shop.client, shop.ada, "not the password"), 403)
    assert problem["detail"] == "the current password is wrong"
    assert log_in(shop.client, shop.ada.account["email"]).status_code == 200


def test_stolen_token_cannot_guess_the_password(shop: Shop) -> None:
    tries = [change(shop.client, shop.ada, "not the password") for _ in range(GUESSES)]
    assert {answer.status_code for answer in tries} == {403}
    refused = change(shop.other, shop.ada)
    assert_problem(refused, 429)
    assert int(refused.headers["Retry-After"]) > 0
    assert_problem(log_in(shop.client, shop.ada.account["email"]), 429)


@pytest.mark.parametrize(("length", "status"), [(11, 400), (12, 204), (128, 204), (129, 400)])
def test_new_password_has_12_to_128_characters(shop: Shop, length: int, status: int) -> None:
    answer = change(shop.client, shop.ada, new="é" * length)
    assert answer.status_code == status
    if status == 400:
        assert [error["field"] for error in assert_problem(answer, 400)["errors"]] == ["new_password"]
        assert "é" * length not in answer.text


@pytest.mark.parametrize("body", [{}, {"current_password": PASSWORD}, {"new_password": NEW}, []])
def test_body_without_both_passwords_is_400(shop: Shop, body: object) -> None:
    assert_problem(shop.client.put(f"{USERS}/me/password", json=body, headers=shop.ada.headers), 400)


def test_change_without_a_token_is_401(shop: Shop) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert_problem(shop.client.put(f"{USERS}/me/password", json=body), 401)
