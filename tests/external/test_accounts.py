"""Accounts to the letter of the contract: registering, logging in, staying in and logging out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.cli import assert_one_error_line
from tests.support.http.accounts import (
    FULL_NAME,
    NOT_STORED,
    PASSWORD,
    USERS,
    LoggedIn,
    an_email,
    assert_tokens,
    create_admin,
    log_in,
    me,
    register,
    tokens_of,
)
from tests.support.http.messages import JSON, assert_problem

pytestmark = pytest.mark.external
TOGETHER = 10


@pytest.fixture(scope="module")
def client(unlimited: list[httpx.Client]) -> httpx.Client:
    return unlimited[0]


def assert_field(answer: httpx.Response, field: str) -> None:
    problem = assert_problem(answer, 400)
    assert [error["field"] for error in problem["errors"]] == [field]


def test_registration_is_201_with_the_account(client: httpx.Client) -> None:
    email = an_email()
    answer = register(client, email)
    account = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (201, "application/json")
    assert account.keys() == {"id", "email", "full_name", "created_at"}
    assert (account["email"], account["full_name"]) == (email, FULL_NAME)
    assert UUID(account["id"]).version == 7
    assert account["created_at"].endswith("Z")
    assert abs(datetime.fromisoformat(account["created_at"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_email_is_one_whatever_its_case(client: httpx.Client) -> None:
    email = an_email()
    assert register(client, email.lower()).status_code == 201
    assert_problem(register(client, email.swapcase(), "another password", "Grace Hopper"), 409)
    assert_tokens(log_in(client, email.upper()))


@pytest.mark.parametrize(
    "form",
    [
        "u\N{COMBINING DIAERESIS}{}@example.com",
        "{}@xn--bcher-kva.example.com",
        "Ada <{}@example.com>",
        " {}@example.com ",
    ],
    ids=["decomposed", "punycode", "with a name", "with spaces"],
)
def test_registered_email_can_log_in(client: httpx.Client, form: str) -> None:
    """Whatever forms of an e-mail are taken are taken in both places."""
    email = form.replace("{}", a_name())
    answer = register(client, email)
    assert answer.status_code in {201, 400}
    if answer.status_code == 201:
        assert_tokens(log_in(client, email))


@pytest.mark.parametrize(
    "email",
    ["", "ada", "ada@", "@example.com", "a da@example.com", "ada@x", "a\0@b.org", "x@" + "y" * 250 + ".com"],
)
def test_invalid_email_is_400(client: httpx.Client, email: str) -> None:
    assert_field(register(client, email), "email")


@pytest.mark.parametrize(("length", "status"), [(11, 400), (12, 201), (128, 201), (129, 400)])
def test_a_password_has_12_to_128_characters(client: httpx.Client, length: int, status: int) -> None:
    """They are characters, not bytes."""
    email, password = an_email(), "é" * length
    answer = register(client, email, password)
    assert answer.status_code == status
    if status == 400:
        assert_field(answer, "password")
        assert password not in answer.text
    else:
        assert_tokens(log_in(client, email, password))


@pytest.mark.parametrize(("length", "status"), [(0, 400), (200, 201), (201, 400)])
def test_a_full_name_has_1_to_200_characters(client: httpx.Client, length: int, status: int) -> None:
    assert register(client, an_email(), full_name="é" * length).status_code == status


def test_a_full_name_comes_back_as_it_was_given(client: httpx.Client) -> None:
    name = " <b>Ádá\u200b</b>\n\N{PILE OF POO} '; DROP TABLE accounts; -- "
    assert register(client, an_email(), full_name=name).json()["full_name"] == name


GOOD = {"email": "ada@example.com", "password": PASSWORD, "full_name": FULL_NAME}


@pytest.mark.parametrize("path", ["register", "login", "refresh", "token"])
@pytest.mark.parametrize("bad", [r"\u0000", r"\ud800"], ids=["nul", "surrogate"])
def test_text_that_postgresql_cannot_store_is_400(client: httpx.Client, path: str, bad: str) -> None:
    fields = {"register": [*GOOD], "login": ["email", "password"], "refresh": ["refresh_token"], "token": []}
    for field in fields[path]:
        others = "".join(f', "{name}": "{value}"' for name, value in GOOD.items() if name != field)
        body = f'{{"{field}": "correct horse {bad}"{others}}}'
        assert_field(client.post(f"{USERS}/{path}", content=body, headers=JSON), field)


@pytest.mark.parametrize("bad", ["a%00", "a%ED%A0%80", "a%FF"], ids=["nul", "surrogate", "no UTF-8"])
def test_text_that_postgresql_cannot_store_is_400_in_a_form(client: httpx.Client, bad: str) -> None:
    body, kind = f"username={bad}&password=b", {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(f"{USERS}/token", content=body, headers=kind)
    assert_problem(answer, 400)


def test_other_forms_are_not_taken(client: httpx.Client) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x; charset=utf-7"}
    assert_problem(client.post(f"{USERS}/token", content=b"--x--", headers=kind), 415)


@pytest.mark.parametrize("path", ["register", "login", "refresh", "token"])
def test_a_body_is_needed_and_has_a_type(client: httpx.Client, path: str) -> None:
    assert_problem(client.post(f"{USERS}/{path}"), 400)
    assert_problem(client.post(f"{USERS}/{path}", content=b"x=1", headers={"Content-Type": "text/csv"}), 415)


def test_concurrent_registrations_of_one_email_open_one_account(client: httpx.Client) -> None:
    email = an_email()
    with ThreadPoolExecutor(TOGETHER) as pool:
        answers = list(pool.map(lambda _: register(client, email), range(TOGETHER)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (TOGETHER - 1)]
    [opened] = [answer.json() for answer in answers if answer.status_code == 201]
    tokens = tokens_of(client, email)
    assert me(client, LoggedIn(opened, tokens)).json() == opened


def test_me_is_the_own_account(client: httpx.Client, ada: LoggedIn) -> None:
    answer = me(client, ada)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, NOT_STORED)
    assert answer.json() == ada.account
    head = client.head(f"{USERS}/me", headers=ada.headers)
    assert (head.status_code, head.content) == (200, b"")
    refused = client.get(f"{USERS}/me")
    assert_problem(refused, 401)
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_the_command_line_opens_an_account_of_an_administrator(
    client: httpx.Client, servers: Servers
) -> None:
    email = an_email()
    opened = create_admin(servers, email)
    assert (opened.returncode, opened.stderr) == (0, "")
    assert email in opened.stdout
    assert PASSWORD not in opened.stdout
    headers = {"Authorization": f"Bearer {tokens_of(client, email.upper())['access_token']}"}
    assert client.get("/api/v1/audit", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("ada", PASSWORD, "email"),
        ("ada@example.com", "short", "password"),
        ("taken", PASSWORD, "an account with this e-mail already exists"),
    ],
)
def test_the_command_line_says_what_is_wrong(
    servers: Servers, ada: LoggedIn, email: str, password: str, words: str
) -> None:
    taken = ada.account["email"].swapcase()
    result = create_admin(servers, taken if email == "taken" else email, password)
    assert_one_error_line(result, words)
    assert result.stdout == ""
