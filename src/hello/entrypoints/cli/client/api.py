"""The API of a running service: addresses, requests, and errors as one line."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer

from hello.entrypoints.cli.client.output import ClientError, printable

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 45
"""The service sends a heartbeat every 15 s to those who follow an order."""
ERRNO = re.compile(r"^\[Errno -?\d+\] ")


class LostError(ClientError):
    """No answer, or none that a later try could not get; `retry_after_s` is what the service asked for."""

    def __init__(self, message: str, retry_after_s: float = 0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


def checked_url(text: str | httpx.URL) -> str:
    """Return the address without a final slash; raise `BadParameter`."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise typer.BadParameter(str(error)) from None
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise typer.BadParameter("must be an address such as https://hello.example.com")
    return str(url).rstrip("/")


Url = Annotated[
    str,
    typer.Option(
        "--url", envvar="HELLO_URL", parser=checked_url, metavar="URL", help="Where the service runs."
    ),
]
LOCAL = "http://127.0.0.1:8000"
Json = Annotated[bool, typer.Option("--json", help="Print JSON, as the service sent it.")]


class Service:
    """A running service; every method raises `ClientError`."""

    def __init__(self, url: str, http: httpx.Client) -> None:
        self.url, self.http = url, http

    def get(self, path: str, query: Mapping[str, str | int]) -> Any:  # noqa: ANN401  # as JSON has it
        """Return the JSON of a 200."""
        with explained(self.url):
            response = self.http.get(self.url + path, params=query)
            return json_of(response)

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        with explained(self.url), self.http.stream("GET", self.url + path, headers=headers) as response:
            if not response.is_success:
                response.read()
                raise error_of(response)
            yield response


@contextmanager
def open_service(url: str, auth: httpx.Auth | None = None) -> Iterator[Service]:
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    with httpx.Client(timeout=timeout, auth=auth) as http:
        yield Service(url, http)


@contextmanager
def explained(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise LostError(f"no service at {url}: {reason_of(error)}") from None
    except httpx.HTTPError as error:
        raise LostError(f"no answer from {url}: {reason_of(error)}") from None


def reason_of(error: Exception) -> str:
    return ERRNO.sub("", printable(str(error))) or type(error).__name__


def json_of(response: httpx.Response) -> Any:  # noqa: ANN401
    if response.status_code != httpx.codes.OK:
        raise error_of(response)
    try:
        return response.json()
    except ValueError:
        raise unexpected(response) from None


def error_of(response: httpx.Response) -> ClientError:
    """Return what the service says of its refusal (RFC 9457), or that it is none of its answers."""
    try:
        problem = response.json()
        message = printable(problem["detail"])
    except (ValueError, LookupError, TypeError):
        return unexpected(response)
    if response.is_server_error:
        message += f" (request {printable(problem.get('request_id', '-'))})"
    if response.is_server_error or response.status_code in {408, 429}:
        return LostError(message, retry_after_of(response))
    return ClientError(message)


def unexpected(response: httpx.Response) -> ClientError:
    status = f"{response.status_code} {response.reason_phrase}".strip()
    message = f"unexpected answer from {response.url}: {status}"
    if target := response.headers.get("Location"):
        message += f", see {target}"
    return LostError(message) if response.is_server_error else ClientError(printable(message))


def retry_after_of(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0


def path_part(text: str) -> str:
    """Escape dots too: `..` would leave the path."""
    return quote(text, safe="").replace(".", "%2E")
