"""Sessions as clients see them: log in, refresh, log out."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from hello.connectors.argon2 import Argon2Cost
from hello.connectors.embedded.servers import Servers
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.accounts import Account, email_key
from hello.services.ports import Begin
from tests.support.http.accounts import (
    PASSWORD,
    USERS,
    LoggedIn,
    an_email,
    assert_tokens,
    log_in,
    log_out,
    me,
    refresh,
    signed_up,
    tokens_of,
)
from tests.support.http.messages import assert_problem

pytestmark = pytest.mark.external
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TOGETHER = 10
PATIENCE_S = 20


@pytest.fixture(scope="module")
def client(unlimited: list[httpx.Client]) -> httpx.Client:
    return unlimited[0]


@pytest.fixture
def session(client: httpx.Client, ada: LoggedIn) -> LoggedIn:
    """A session of the test's own."""
    return LoggedIn(ada.account, tokens_of(client, ada.account["email"]))


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
