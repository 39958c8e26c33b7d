"""Access to what needs an account: a token, or a log-in for as long as the command runs."""

import os
import re
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import httpx
import typer

from hello.entrypoints.cli.client.api import Service, object_of, open_service
from hello.entrypoints.cli.client.output import ClientError

USERS = "/api/v1/users"
VISIBLE = re.compile(r"[!-~]*")
PASSWORD_VARIABLE = "HELLO_PASSWORD"  # noqa: S105
LOGOUT_TIMEOUT_S = 2
Flow = Generator[httpx.Request, httpx.Response]


def checked_token(text: str) -> str:
    """Raise `BadParameter` for what no header can carry."""
    token = text.strip()
    if VISIBLE.fullmatch(token) is None:
        raise typer.BadParameter("must be visible ASCII characters")
    return token


Token = Annotated[
    str,
    typer.Option(envvar="HELLO_TOKEN", parser=checked_token, metavar="TOKEN", help="An access token."),
]
Email = Annotated[
    str,
    typer.Option(help=f"Log in with this e-mail; asks for the password unless {PASSWORD_VARIABLE} is set."),
]


class BearerToken(httpx.Auth):
    def __init__(self, token: str) -> None:
        self.token = token

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.headers["Authorization"] = f"Bearer {self.token}"
        yield request


class Login(httpx.Auth):
    """Logs in with the first request, and again when the access token has expired."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.url = url + USERS
        self.credentials = {"email": email, "password": password}
        self.tokens: dict[str, Any] = {}

    def sync_auth_flow(self, request: httpx.Request) -> Flow:
        if not self.tokens:
            yield from self._log_in(request)
        response = yield self._authorized(request)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            yield from self._renew(request)
            yield self._authorized(request)

    def _authorized(self, request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        return request

    def _renew(self, request: httpx.Request) -> Flow:
        """Refresh the tokens; log in if the session has ended."""
        try:
            yield from self._post(request, "refresh", {"refresh_token": self.tokens["refresh_token"]})
        except ClientError:
            yield from self._log_in(request)

    def _log_in(self, request: httpx.Request) -> Flow:
        yield from self._post(request, "login", self.credentials)

    def _post(self, request: httpx.Request, route: str, body: dict[str, str]) -> Flow:
        """Read new tokens with the timeouts of the request that needs them."""
        response = yield httpx.Request(
            "POST", f"{self.url}/{route}", json=body, extensions=request.extensions
        )
        response.read()
        self.tokens = object_of(response, "access_token", "refresh_token")

    def log_out(self, http: httpx.Client) -> None:
        """End the session; it ends by itself if the service does not answer."""
        if self.tokens:
            body = {"refresh_token": self.tokens["refresh_token"]}
            auth = BearerToken(self.tokens["access_token"])
            with suppress(httpx.HTTPError):
                http.post(f"{self.url}/logout", json=body, auth=auth, timeout=LOGOUT_TIMEOUT_S)


@contextmanager
def open_service_as(url: str, token: str, email: str) -> Iterator[Service]:
    """Open the service with an access token, logged in for the time of the block, or without an account."""
    if email:
        login = Login(url, email, read_password())
        with open_service(url, login) as service:
            try:
                yield service
            finally:
                login.log_out(service.http)
    else:
        with open_service(url, BearerToken(token) if token else None) as service:
            yield service


@contextmanager
def open_with_account(url: str, token: str, email: str) -> Iterator[Service]:
    """Raise `UsageError` without any access."""
    if not (token or email):
        raise typer.BadParameter(
            "an account is needed: set HELLO_TOKEN, or log in with --email", param_hint="--token"
        )
    with open_service_as(url, token, email) as service:
        yield service


def read_password() -> str:
    """Return the variable's value, or prompt, or read a line of standard input if that is no terminal."""
    if password := os.environ.get(PASSWORD_VARIABLE):
        return password
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = typer.prompt("Password", hide_input=True, err=True)
    return str(password)
