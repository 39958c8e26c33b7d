"""A stream of events ends with what allowed it: the access token, the session, the account."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import text

from hello.connectors.embedded.servers import Servers
from hello.connectors.postgres.engine import Database, open_engine
from tests.external.test_hello import assert_problem
from tests.support.http.accounts import LoggedIn, bearer, client_of, log_out, refresh, tokens_of
from tests.support.http.forging import claims_of, signed
from tests.support.http.ordering import SETTINGS, Shop, newly_opened
from tests.support.http.running import running_api

pytestmark = pytest.mark.external
ORDER_TABLES = ("order_lines", "order_history", "order_revisions")
OWN_ORDERS = "(SELECT id FROM orders WHERE customer_id = :id)"
DELETIONS = (
    *(f"DELETE FROM {table} WHERE order_id IN {OWN_ORDERS}" for table in ORDER_TABLES),  # noqa: S608
    "DELETE FROM orders WHERE customer_id = :id",
    "DELETE FROM items WHERE owner_id = :id",
    "DELETE FROM accounts WHERE id = :id",
)


@contextmanager
def stream(client: httpx.Client, path: str, headers: dict[str, str]) -> Iterator[Iterator[str]]:
    """Yield the lines from behind the first event."""
    with client.stream("GET", f"{path}/events", headers=headers) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        while next(lines):
            pass
        yield lines


def assert_ends(lines: Iterator[str]) -> None:
    """A heartbeat comes after 15 seconds: too late for an end."""
    for line in lines:
        assert not line


def another_session(shop: Shop) -> LoggedIn:
    return replace(shop.ada, tokens=tokens_of(shop.client, shop.ada.account["email"]))


def new_shop(shop: Shop) -> Shop:
    return newly_opened(shop.client, shop.other)


async def delete_account(servers: Servers, account_id: str) -> None:
    database = Database(dsn=servers.database_url, application_name="hello-test")
    async with open_engine(database) as engine, engine.begin() as connection:
        for statement in DELETIONS:
            await connection.execute(text(statement), {"id": account_id})


def test_stream_ends_when_the_access_token_expires(shop: Shop) -> None:
    expires_at = int(time.time()) + 3
    headers = bearer(signed(claims_of(shop.ada.id, exp=expires_at)))
    with stream(shop.client, shop.ordered(), headers) as lines:
        assert_ends(lines)
    assert expires_at <= time.time() < expires_at + 5


def test_stream_ends_after_a_logout_on_another_process(shop: Shop) -> None:
    session = another_session(shop)
    path = shop.ordered()
    with stream(shop.client, path, session.headers) as lines:
        assert log_out(shop.other, session.refresh_token, session.headers).status_code == 204
        assert_ends(lines)
    assert_problem(shop.client.get(f"{path}/events", headers=session.headers), 401)


def test_stream_ends_when_the_session_is_revoked(shop: Shop) -> None:
    session = another_session(shop)
    with stream(shop.client, shop.ordered(), session.headers) as lines:
        newest = refresh(shop.other, session.refresh_token).json()["refresh_token"]
        assert refresh(shop.other, newest).status_code == 200
        assert_problem(refresh(shop.other, session.refresh_token), 401)
        assert_ends(lines)


async def test_stream_ends_when_the_account_is_deleted(shop: Shop, servers: Servers) -> None:
    own = new_shop(shop)
    with stream(own.client, own.ordered(), own.ada.headers) as lines:
        await delete_account(servers, own.ada.id)
        assert_ends(lines)


def test_stream_of_another_session_goes_on(shop: Shop) -> None:
    ended, kept, path = another_session(shop), another_session(shop), shop.ordered()
    with (
        stream(shop.client, path, kept.headers) as kept_lines,
        stream(shop.client, path, ended.headers) as ended_lines,
    ):
        log_out(shop.client, ended.refresh_token, ended.headers)
        assert_ends(ended_lines)
        shop.cancel(path)
        assert "event: order.cancelled" in list(kept_lines)


def test_stream_above_the_accounts_bound_is_429_until_another_ends(servers: Servers) -> None:
    settings = SETTINGS | {"ORDER_FOLLOWERS_PER_ACCOUNT": "2"}
    with running_api(servers, **settings) as api, client_of(api) as client:
        shop = newly_opened(client, client)
        paths = [shop.ordered() for _ in range(3)]
        with (
            stream(client, paths[0], shop.ada.headers) as first,
            stream(client, paths[1], shop.ada.headers),
        ):
            refused = client.get(f"{paths[2]}/events", headers=another_session(shop).headers)
            assert "2 streams" in assert_problem(refused, 429)["detail"]
            assert refused.headers["Retry-After"]
            assert client.get(f"{paths[2]}/events", headers=shop.grace.headers).status_code == 404
            shop.cancel(paths[0])
            list(first)
            shop.cancel(paths[2])
            assert status_at_last(client, f"{paths[2]}/events", shop.ada.headers) == 200


def status_at_last(client: httpx.Client, path: str, headers: dict[str, str]) -> int:
    """Wait until the server has noticed the end of another stream."""
    while (status := client.get(path, headers=headers).status_code) == 429:
        pass
    return status


def test_stream_goes_on_after_a_refresh(shop: Shop) -> None:
    session, path = another_session(shop), shop.ordered()
    with stream(shop.client, path, session.headers) as lines:
        assert refresh(shop.client, session.refresh_token).status_code == 200
        shop.cancel(path)
        assert "event: order.cancelled" in list(lines)
