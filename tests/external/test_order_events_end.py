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
from tests.support.http.accounts import LoggedIn, bearer, client_of, log_out, refresh, tokens_of
from tests.support.http.messages import assert_problem
from tests.support.http.orders import SETTINGS, OrderClient, open_order_client
from tests.support.http.running import running_api
from tests.support.http.tokens import claims_of, signed

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


def another_session(order_client: OrderClient) -> LoggedIn:
    return replace(order_client.ada, tokens=tokens_of(order_client.client, order_client.ada.account["email"]))


def new_shop(order_client: OrderClient) -> OrderClient:
    return open_order_client(order_client.client, order_client.other)


async def delete_account(servers: Servers, account_id: str) -> None:
    database = Database(dsn=servers.database_url, application_name="hello-test")
    async with open_engine(database) as engine, engine.begin() as connection:
        for statement in DELETIONS:
            await connection.execute(text(statement), {"id": account_id})


def test_stream_ends_when_the_access_token_expires(order_client: OrderClient) -> None:
    expires_at = int(time.time()) + 3
    headers = bearer(signed(claims_of(order_client.ada.id, exp=expires_at)))
    with stream(order_client.client, order_client.ordered(), headers) as lines:
        assert_ends(lines)
    assert expires_at <= time.time() < expires_at + 5


def test_stream_ends_after_a_logout_on_another_process(order_client: OrderClient) -> None:
    session = another_session(order_client)
    path = order_client.ordered()
    with stream(order_client.client, path, session.headers) as lines:
        assert log_out(order_client.other, session.refresh_token, session.headers).status_code == 204
        assert_ends(lines)
    assert_problem(order_client.client.get(f"{path}/events", headers=session.headers), 401)


def test_stream_ends_when_the_session_is_revoked(order_client: OrderClient) -> None:
    session = another_session(order_client)
    with stream(order_client.client, order_client.ordered(), session.headers) as lines:
        newest = refresh(order_client.other, session.refresh_token).json()["refresh_token"]
        assert refresh(order_client.other, newest).status_code == 200
        assert_problem(refresh(order_client.other, session.refresh_token), 401)
        assert_ends(lines)


async def test_stream_ends_when_the_account_is_deleted(order_client: OrderClient, servers: Servers) -> None:
    own = new_shop(order_client)
    with stream(own.client, own.ordered(), own.ada.headers) as lines:
        await delete_account(servers, own.ada.id)
        assert_ends(lines)


def test_stream_of_another_session_goes_on(order_client: OrderClient) -> None:
    ended, kept, path = another_session(order_client), another_session(order_client), order_client.ordered()
    with (
        stream(order_client.client, path, kept.headers) as kept_lines,
        stream(order_client.client, path, ended.headers) as ended_lines,
    ):
        log_out(order_client.client, ended.refresh_token, ended.headers)
        assert_ends(ended_lines)
        order_client.cancel(path)
        assert "event: order.cancelled" in list(kept_lines)


def test_stream_above_the_accounts_bound_is_429_until_another_ends(servers: Servers) -> None:
    settings = SETTINGS | {"ORDER_FOLLOWERS_PER_ACCOUNT": "2"}
    with running_api(servers, **settings) as api, client_of(api) as client:
        order_client = open_order_client(client, client)
        paths = [order_client.ordered() for _ in range(3)]
        with (
            stream(client, paths[0], order_client.ada.headers) as first,
            stream(client, paths[1], order_client.ada.headers),
        ):
            refused = client.get(f"{paths[2]}/events", headers=another_session(order_client).headers)
            assert "2 streams" in assert_problem(refused, 429)["detail"]
            assert refused.headers["Retry-After"]
            assert client.get(f"{paths[2]}/events", headers=order_client.grace.headers).status_code == 404
            order_client.cancel(paths[0])
            list(first)
            order_client.cancel(paths[2])
            assert status_at_last(client, f"{paths[2]}/events", order_client.ada.headers) == 200


def status_at_last(client: httpx.Client, path: str, headers: dict[str, str]) -> int:
    """Wait until the server has noticed the end of another stream."""
    while (status := client.get(path, headers=headers).status_code) == 429:
        pass
    return status


def test_stream_goes_on_after_a_refresh(order_client: OrderClient) -> None:
    session, path = another_session(order_client), order_client.ordered()
    with stream(order_client.client, path, session.headers) as lines:
        assert refresh(order_client.client, session.refresh_token).status_code == 200
        order_client.cancel(path)
        assert "event: order.cancelled" in list(lines)
