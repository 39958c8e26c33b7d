"""Accounts to the letter of the contract: registering, logging in, staying in and logging out."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from hello.connectors.argon2 import Argon2Cost
from hello.connectors.embedded.servers import Servers
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.accounts import Account, email_key
from hello.services.ports import Begin
from tests.support.builders import a_name
from tests.support.cli import assert_one_error_line
from tests.support.http.accounts import (
    FULL_NAME,
    PASSWORD,
    USERS,
    LoggedIn,
    an_email,
    create_admin,
    log_in,
    log_out,
    refresh,
    register,
    signed_up,
    tokens_of,
)
from tests.support.http.messages import JSON, assert_problem

pytestmark = pytest.mark.external
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NOT_STORED = "no-store"
TOGETHER = 10
PATIENCE_S = 20


@pytest.fixture(scope="module")
def client(unlimited: list[httpx.Client]) -> httpx.Client:
    return unlimited[0]


@pytest.fixture
def session(client: httpx.Client, ada: LoggedIn) -> LoggedIn:
    """A session of the test's own."""
    return LoggedIn(ada.account, tokens_of(client, ada.account["email"]))


def me(client: httpx.Client, session: LoggedIn) -> httpx.Response:
    return client.get(f"{USERS}/me", headers=session.headers)


def assert_field(answer: httpx.Response, field: str) -> None:
    problem = assert_problem(answer, 400)
    assert [error["field"] for error in problem["errors"]] == [field]


def assert_tokens(answer: httpx.Response) -> dict[str, Any]:
    tokens: dict[str, Any] = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, NOT_STORED)
    assert answer.headers["Content-Type"] == "application/json"
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    return tokens


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


def test_log_in_returns_new_tokens(client: httpx.Client, ada: LoggedIn) -> None:
    first, second = (assert_tokens(log_in(client, ada.account["email"])) for _ in range(2))
    assert first["access_token"] != second["access_token"]
    assert first["refresh_token"] != second["refresh_token"]


def test_a_wrong_email_and_a_wrong_password_are_answered_alike(client: httpx.Client, ada: LoggedIn) -> None:
    """In the same time, too; the fastest of a few is the least disturbed."""
    took, answers = [], []
    for email, password in [(an_email(), PASSWORD), (ada.account["email"], "wrong horse battery")]:
        tries = [timed(client, email, password) for _ in range(2)]
        took.append(min(seconds for seconds, _ in tries))
        answers.append(without_the_request(tries[0][1]))
    assert answers[0] == answers[1]
    assert 1 / 3 < took[0] / took[1] < 3


def timed(client: httpx.Client, email: str, password: str) -> tuple[float, httpx.Response]:
    start = time.perf_counter()
    answer = log_in(client, email, password)
    return time.perf_counter() - start, answer


def without_the_request(answer: httpx.Response) -> tuple[dict[str, str], dict[str, Any]]:
    """Return headers and body, but for what is each request's own."""
    problem = assert_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id"}}
    return headers, {name: value for name, value in problem.items() if name != "request_id"}


async def test_outdated_password_hash_is_replaced_after_log_in(
    client: httpx.Client, servers: Servers
) -> None:
    email = signed_up(client).account["email"]
    async with open_engine(Database(dsn=servers.database_url, application_name="hello-test")) as engine:
        begin = PostgresUnitOfWork.of(engine, 5).begin
        usual = (await stored(begin, email)).password_hash
        cheap = Argon2Cost(time_cost=1, memory_kib=8).hasher().hash(PASSWORD)
        async with begin() as tx:
            await tx.accounts.set_password_hash((await stored(begin, email)).id, usual, cheap)
        tokens_of(client, email)
        async with asyncio.timeout(PATIENCE_S):
            while (fresh := (await stored(begin, email)).password_hash) == cheap:
                await asyncio.sleep(0.05)
    assert fresh.split("$")[:4] == usual.split("$")[:4]
    assert tokens_of(client, email)
    assert 'background_jobs_total{job="password.rehash",outcome="done"} 1.0' in metrics(client)


def metrics(client: httpx.Client) -> str:
    return client.get("/metrics").text


async def stored(begin: Begin, email: str) -> Account:
    async with begin() as tx:
        account = await tx.accounts.find_by_email(email_key(email))
    assert account
    return account


def test_the_form_of_the_docs_logs_in(client: httpx.Client, ada: LoggedIn) -> None:
    form = {"grant_type": "password", "username": ada.account["email"].upper(), "password": PASSWORD}
    tokens = assert_tokens(client.post(f"{USERS}/token", data=form))
    assert me(client, LoggedIn(ada.account, tokens)).json() == ada.account
    wrong = client.post(f"{USERS}/token", data=form | {"password": "wrong horse battery"})
    assert_problem(wrong, 401)
    missing = assert_problem(client.post(f"{USERS}/token", content=b"x=1", headers=FORM), 400)
    assert [error["field"] for error in missing["errors"]] == ["username", "password"]


def test_me_is_the_own_account(client: httpx.Client, ada: LoggedIn) -> None:
    answer = me(client, ada)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, NOT_STORED)
    assert answer.json() == ada.account
    head = client.head(f"{USERS}/me", headers=ada.headers)
    assert (head.status_code, head.content) == (200, b"")
    refused = client.get(f"{USERS}/me")
    assert_problem(refused, 401)
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_refresh_token_is_good_once_and_gives_the_next(client: httpx.Client, session: LoggedIn) -> None:
    newest = session
    for _ in range(3):
        tokens = assert_tokens(refresh(client, newest.refresh_token))
        assert tokens["refresh_token"] != newest.refresh_token
        newest = LoggedIn(session.account, tokens)
        assert me(client, newest).json() == session.account


def test_token_used_again_after_its_successor_ends_its_family(
    client: httpx.Client, session: LoggedIn
) -> None:
    other = tokens_of(client, session.account["email"])
    second = assert_tokens(refresh(client, session.refresh_token))
    newest = assert_tokens(refresh(client, second["refresh_token"]))
    assert_problem(refresh(client, session.refresh_token), 401)
    refused = refresh(client, newest["refresh_token"])
    assert_problem(refused, 401)
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert_tokens(refresh(client, other["refresh_token"]))


def test_refresh_is_repeated_when_its_answer_was_lost(client: httpx.Client, session: LoggedIn) -> None:
    """The client closes the connection without reading the answer."""
    with client.stream("POST", f"{USERS}/refresh", json={"refresh_token": session.refresh_token}) as lost:
        assert lost.status_code == 200
    second = assert_tokens(refresh(client, session.refresh_token))
    newest = assert_tokens(refresh(client, second["refresh_token"]))
    assert_problem(refresh(client, session.refresh_token), 401)
    assert_problem(refresh(client, newest["refresh_token"]), 401)


def test_concurrent_refreshes_leave_at_most_one_good_token(client: httpx.Client, session: LoggedIn) -> None:
    """All get tokens, and only the last of them is good; any other one is a reuse."""
    with ThreadPoolExecutor(TOGETHER) as pool:
        answers = list(pool.map(lambda _: refresh(client, session.refresh_token), range(TOGETHER)))
    tokens = {assert_tokens(answer)["refresh_token"] for answer in answers}
    assert len(tokens) == TOGETHER
    assert [refresh(client, token).status_code for token in tokens].count(200) <= 1
    assert_problem(refresh(client, session.refresh_token), 401)


@pytest.mark.parametrize(
    "token", ["", ".", "x", "x.y", "é.é", "{00000000-0000-7000-8000-000000000000}.x", "0" * 32 + ".x"]
)
def test_invalid_refresh_token_is_401(client: httpx.Client, ada: LoggedIn, token: str) -> None:
    assert_problem(refresh(client, token), 401)
    assert_problem(log_out(client, token, ada.headers), 401)


def test_an_access_token_does_not_refresh(client: httpx.Client, session: LoggedIn) -> None:
    answer = refresh(client, session.tokens["access_token"])
    assert answer.status_code in {400, 401}
    assert_tokens(refresh(client, session.refresh_token))


def test_log_out_ends_the_family_and_the_access_token_lives_on(
    client: httpx.Client, session: LoggedIn
) -> None:
    other = tokens_of(client, session.account["email"])
    newest = assert_tokens(refresh(client, session.refresh_token))
    left = log_out(client, newest["refresh_token"], session.headers)
    assert (left.status_code, left.content) == (204, b"")
    for token in (newest["refresh_token"], session.refresh_token):
        assert_problem(refresh(client, token), 401)
    assert me(client, session).status_code == 200
    assert_tokens(refresh(client, other["refresh_token"]))


def test_log_out_with_a_foreign_token_is_401(client: httpx.Client, session: LoggedIn) -> None:
    stranger = signed_up(client)
    assert_problem(log_out(client, session.refresh_token, stranger.headers), 401)
    assert_problem(log_out(client, session.refresh_token, {}), 401)
    assert_tokens(refresh(client, session.refresh_token))


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
        ("taken", PASSWORD, "there is an account with this e-mail already"),
    ],
)
def test_the_command_line_says_what_is_wrong(
    servers: Servers, ada: LoggedIn, email: str, password: str, words: str
) -> None:
    taken = ada.account["email"].swapcase()
    result = create_admin(servers, taken if email == "taken" else email, password)
    assert_one_error_line(result, words)
    assert result.stdout == ""
