"""Accounts as clients have them: registered, logged in, and clients that carry their tokens."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.running import HELLO, Running, places

USERS = "/api/v1/users"
PASSWORD = "staple a horse battery"  # noqa: S105
"""Not the example of the API's description, with which a made-up request could delete an account."""
FULL_NAME = "Ada Lovelace"
NOT_STORED = "no-store"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """An account with the tokens of one session."""

    account: dict[str, Any]
    tokens: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.account["id"])

    @property
    def refresh_token(self) -> str:
        return str(self.tokens["refresh_token"])

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.tokens["access_token"])


def an_email() -> str:
    """Return an e-mail that no other test uses, in both cases of letters."""
    return f"{a_name()}@example.com"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def register(
    client: httpx.Client, email: str, password: str = PASSWORD, full_name: str = FULL_NAME
) -> httpx.Response:
    body = {"email": email, "password": password, "full_name": full_name}
    return client.post(f"{USERS}/register", json=body)


def log_in(client: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return client.post(f"{USERS}/login", json={"email": email, "password": password})


def refresh(client: httpx.Client, token: str) -> httpx.Response:
    return client.post(f"{USERS}/refresh", json={"refresh_token": token})


def log_out(client: httpx.Client, token: str, headers: dict[str, str]) -> httpx.Response:
    return client.post(f"{USERS}/logout", json={"refresh_token": token}, headers=headers)


def signed_up(client: httpx.Client) -> LoggedIn:
    """Register somebody new and log in."""
    email = an_email()
    account = register(client, email)
    assert account.status_code == 201, account.text
    return LoggedIn(account.json(), tokens_of(client, email))


def tokens_of(client: httpx.Client, email: str) -> dict[str, Any]:
    """Begin a session."""
    answer = log_in(client, email)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def create_admin(servers: Servers, email: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    """Run `hello create-admin`, with the password on its standard input."""
    return create_admin_at(places(servers), email, password)


def create_admin_at(
    environment: Mapping[str, str], email: str, password: str = PASSWORD
) -> subprocess.CompletedProcess[str]:
    """Do so where `DATABASE_URL` says."""
    return subprocess.run(
        [*HELLO, "create-admin", email],
        input=f"{password}\n",
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def client_of(api: Running, **headers: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, headers=headers, timeout=20) as client:
        yield client


def me(client: httpx.Client, session: LoggedIn) -> httpx.Response:
    return client.get(f"{USERS}/me", headers=session.headers)


def assert_tokens(answer: httpx.Response) -> dict[str, Any]:
    tokens: dict[str, Any] = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, NOT_STORED)
    assert answer.headers["Content-Type"] == "application/json"
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    return tokens
