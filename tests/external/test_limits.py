"""How often routes may be used: whom the service counts, what it tells them, and what does not fool it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from itertools import count
from pathlib import Path
from random import SystemRandom
from uuid import uuid4

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.cli import assert_one_error_line, run_hello
from tests.support.http.accounts import (
    PASSWORD,
    USERS,
    an_email,
    bearer,
    client_of,
    log_in,
    register,
)
from tests.support.http.messages import assert_problem
from tests.support.http.running import Running, places, running_api, started
from tests.support.http.tokens import SECRET, claims_of, signed
from tests.support.polling import until
from tests.support.servers import temporary_servers

pytestmark = pytest.mark.external
ITEMS = "/api/v1/items"
WRONG = "wrong horse battery"
QUOTA, BY_PAIR, BY_ADDRESS, BY_EMAIL = 3, 2, 4, 4
LIMITS = {
    "SECRET_KEY": SECRET,
    "RATE_LIMIT_ACCOUNTS": "1000/hour",
    "RATE_LIMIT_ITEMS": f"{QUOTA}/hour",
    "RATE_LIMIT_HELLO": f"{QUOTA}/hour",
    "RATE_LIMIT_BIRTHDAYS": f"{QUOTA}/hour",
    "RATE_LIMIT_LOGIN_PAIR": f"{BY_PAIR}/15 minutes",
    "RATE_LIMIT_LOGIN_ADDRESS": f"{BY_ADDRESS}/15 minutes",
    "RATE_LIMIT_LOGIN_ACCOUNT": f"{BY_EMAIL}/hour",
    "FAST_PATH": "on",
}
STANDING = re.compile(r'"(\w+)";r=(\d+);t=(\d+)')
TOGETHER = 10


@pytest.fixture(scope="module")
def apis(servers: Servers) -> Iterator[list[Running]]:
    """Two processes: the first believes a proxy on this machine, the second nobody."""
    with ExitStack() as stack:
        one = stack.enter_context(running_api(servers, TRUSTED_PROXIES="127.0.0.1", **LIMITS))
        two = stack.enter_context(started("api", "--port", "0", environment=places(servers) | LIMITS))
        yield [one, two]


@pytest.fixture
def client(apis: list[Running]) -> Iterator[httpx.Client]:
    """Somebody at an address that no other test uses."""
    with coming_from(apis[0], an_address()) as client:
        yield client


@pytest.fixture
def elsewhere(apis: list[Running]) -> Iterator[httpx.Client]:
    with coming_from(apis[0], an_address()) as client:
        yield client


def coming_from(api: Running, address: str) -> AbstractContextManager[httpx.Client]:
    """Say what a proxy says of its clients."""
    return client_of(api, **{"X-Forwarded-For": address})


def an_address() -> str:
    return ".".join(["10", *(str(SystemRandom().randrange(1, 255)) for _ in range(3))])


def an_account() -> dict[str, str]:
    """Return the token of an account that no other test counts; nobody asks whether there is one."""
    return bearer(signed(claims_of(str(uuid4()))))


def remaining(answer: httpx.Response, group: str = "items", quota: int = QUOTA) -> int:
    """Return how many more the answer allows."""
    assert answer.headers["RateLimit-Policy"] == f'"{group}";q={quota};w=3600'
    standing = STANDING.fullmatch(answer.headers["RateLimit"])
    assert standing
    assert standing[1] == group
    assert 0 < int(standing[3]) <= 3600
    return int(standing[2])


def assert_too_many(answer: httpx.Response, longest_s: int = 3600) -> None:
    problem = assert_problem(answer, 429)
    assert "too many" in problem["detail"]
    assert 0 < int(answer.headers["Retry-After"]) <= longest_s


def statuses(client: httpx.Client, path: str, times: int, **headers: str) -> list[int]:
    return [client.get(path, headers=headers).status_code for _ in range(times)]


def test_answers_have_ratelimit_headers(client: httpx.Client) -> None:
    for left in (2, 1, 0):
        answer = client.get(ITEMS)
        assert (answer.status_code, remaining(answer)) == (200, left)
        assert "Retry-After" not in answer.headers
    refused = client.get(ITEMS)
    assert_too_many(refused)
    assert remaining(refused) == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{ITEMS}/x", 400),
        ("GET", f"{ITEMS}?limit=0", 400),
        ("GET", f"{ITEMS}/0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f", 404),
        ("POST", ITEMS, 401),
        ("HEAD", ITEMS, 200),
    ],
)
def test_problems_have_ratelimit_headers_and_count(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, remaining(answer)) == (status, 2)
    assert [client.request(method, path).status_code for _ in range(3)] == [status, status, 429]


def test_requests_without_a_token_are_counted_by_address(
    client: httpx.Client, elsewhere: httpx.Client
) -> None:
    assert statuses(client, ITEMS, 4) == [200, 200, 200, 429]
    assert statuses(elsewhere, ITEMS, 1) == [200]


def test_requests_with_a_token_are_counted_by_account(client: httpx.Client, elsewhere: httpx.Client) -> None:
    """Wherever it comes from, and whoever else comes from there."""
    ada, grace = an_account(), an_account()
    asked = [(client, ada), (elsewhere, ada), (client, grace), (client, ada), (client, {})]
    answers = [someone.get(ITEMS, headers=headers) for someone, headers in asked]
    assert [remaining(answer) for answer in answers] == [2, 1, 2, 0, 2]
    assert_too_many(elsewhere.get(ITEMS, headers=ada))
    assert remaining(elsewhere.get(ITEMS)) == 2


def test_invalid_tokens_do_not_evade_the_limit(client: httpx.Client) -> None:
    """Otherwise one could have a new one for each request."""
    found = [
        client.post(ITEMS, json={}, headers=bearer(f"made.up.{number}")).status_code for number in range(4)
    ]
    assert found == [401, 401, 401, 429]
    assert client.get(ITEMS, headers=bearer("made.up.4")).status_code == 429


def test_each_process_learns_what_the_other_one_has_admitted(apis: list[Running]) -> None:
    """Not at once: they settle 0.1 s after a request."""
    ada = an_account()
    with client_of(apis[0]) as one, client_of(apis[1]) as two:
        one.get(f"{USERS}/me", headers=ada)
        until_hits_are_shared(two, ada)
        until_hits_are_shared(one, ada)


def until_hits_are_shared(client: httpx.Client, account: dict[str, str]) -> None:
    """Ask until fewer requests remain than its own leave."""
    own = count(1)

    def is_shared() -> bool:
        answer = client.get(f"{USERS}/me", headers=account)
        return remaining(answer, "accounts", 1000) < 1000 - next(own)

    until(is_shared)


def test_both_processes_count_attempts_exactly(apis: list[Running]) -> None:
    email = an_email()
    with client_of(apis[0]) as one, client_of(apis[1]) as two:
        found = [log_in(client, email, WRONG).status_code for client in (one, two, one)]
    assert found == [401] * BY_PAIR + [429]


def test_forwarded_address_is_trusted_from_proxies_only(apis: list[Running]) -> None:
    found = []
    for _ in range(4):
        with coming_from(apis[1], an_address()) as client:
            found.append(client.get(ITEMS).status_code)
    assert found == [200, 200, 200, 429]


def test_forged_forwarded_address_does_not_evade_the_limit(apis: list[Running]) -> None:
    """A proxy adds the address that it sees at the end; what is before it, the client has sent."""
    seen, found = an_address(), []
    for _ in range(4):
        with coming_from(apis[0], f"{an_address()}, {seen}") as client:
            found.append(client.get(ITEMS).status_code)
    assert found == [200, 200, 200, 429]


def test_a_network_of_ipv6_is_one_address(apis: list[Running]) -> None:
    """Whoever has one address there has 2 ** 64."""
    network, found = f"2001:db8:{SystemRandom().randrange(2**16):x}:{SystemRandom().randrange(2**16):x}", []
    for host in range(1, 5):
        with coming_from(apis[0], f"{network}::{host}") as client:
            found.append(client.get(ITEMS).status_code)
    assert found == [200, 200, 200, 429]
    with coming_from(apis[0], "2001:db9::1") as client:
        assert client.get(ITEMS).status_code == 200


def test_hello_is_limited_on_the_fast_path(client: httpx.Client, elsewhere: httpx.Client) -> None:
    path = f"/hello/{a_name()}"
    saved = client.put(path, json={"dateOfBirth": "1990-05-17"})
    assert (saved.status_code, remaining(saved, "hello")) == (204, 2)
    read = client.get(path)
    assert (read.status_code, remaining(read, "hello")) == (200, 1)
    assert (client.get("/hello/J0hn").status_code, client.get(path).status_code) == (400, 429)
    assert_too_many(client.delete(path))
    assert statuses(elsewhere, path, 1) == [200]


def test_todays_list_is_limited_on_the_fast_path(client: httpx.Client) -> None:
    path = "/api/v1/birthdays/today"
    assert statuses(client, path, 4) == [200, 200, 200, 429]


def test_unlimited_route_has_no_ratelimit_header(client: httpx.Client) -> None:
    for path in ("/api/v1/health", "/metrics", "/.well-known/jwks.json"):
        assert "RateLimit" not in client.get(path).headers


def tries(client: httpx.Client, email: str, *passwords: str) -> list[int]:
    return [log_in(client, email, password).status_code for password in passwords]


def test_after_too_many_tries_the_right_password_is_refused_too(
    client: httpx.Client, elsewhere: httpx.Client
) -> None:
    """But the owner comes from elsewhere."""
    email = an_email()
    register(client, email)
    assert tries(client, email, WRONG, WRONG) == [401] * BY_PAIR
    assert_too_many(log_in(client, email), 900)
    assert_too_many(log_in(client, email.swapcase()), 900)
    form = client.post(f"{USERS}/token", data={"username": email, "password": PASSWORD})
    assert_too_many(form, 900)
    assert tries(elsewhere, email, PASSWORD) == [200]


def test_successful_log_in_resets_the_attempts(client: httpx.Client) -> None:
    email = an_email()
    register(client, email)
    assert tries(client, email, WRONG, PASSWORD, WRONG, PASSWORD) == [401, 200, 401, 200]


def test_concurrent_attempts_do_not_evade_the_limit(client: httpx.Client) -> None:
    """They are counted before the password is looked at."""
    email = an_email()
    with ThreadPoolExecutor(TOGETHER) as pool:
        found = list(pool.map(lambda _: log_in(client, email, WRONG).status_code, range(TOGETHER)))
    assert sorted(found) == [401] * BY_PAIR + [429] * (TOGETHER - BY_PAIR)


def test_log_ins_from_one_address_are_limited_across_accounts(
    client: httpx.Client, elsewhere: httpx.Client
) -> None:
    email = an_email()
    register(client, email)
    found = [log_in(client, an_email(), PASSWORD).status_code for _ in range(BY_ADDRESS + 1)]
    assert found == [401] * BY_ADDRESS + [429]
    assert tries(client, email, PASSWORD) == [429]
    assert tries(elsewhere, email, PASSWORD) == [200]


def test_log_ins_to_one_account_are_limited_across_addresses(apis: list[Running]) -> None:
    email, found = an_email(), []
    for _ in range(BY_EMAIL + 1):
        with coming_from(apis[0], an_address()) as client:
            found += tries(client, email, WRONG)
    assert found == [401] * BY_EMAIL + [429]


def test_limits_hold_while_valkey_is_stopped(tmp_path: Path) -> None:
    """Each process counts alone then, and goes on from where it was."""
    with (
        temporary_servers(tmp_path / "data") as servers,
        running_api(servers, **LIMITS) as api,
        client_of(api) as client,
    ):
        assert statuses(client, ITEMS, 1) == [200]
        servers.valkey.stop()
        assert statuses(client, ITEMS, 3) == [200, 200, 429]
        email = an_email()
        assert tries(client, email, WRONG, WRONG) == [401] * BY_PAIR
        assert_too_many(log_in(client, email), 900)


def test_invalid_limit_is_one_error_line() -> None:
    result = run_hello("api", "--port", "0", RATE_LIMIT_ITEMS="5/fortnight")
    assert_one_error_line(result, "RATE_LIMIT_ITEMS: must")
