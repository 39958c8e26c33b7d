"""The API of a running service: addresses, requests, and errors as one line."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer

from hello.entrypoints.cli.client.output import ClientError, printable

TIMEOUT_S = 10
SILENCE_S = 45
"""How long a stream may be silent: the service sends a heartbeat every 15 s."""
ERRNO = re.compile(r"^\[Errno -?\d+\] ")


class RetryableError(ClientError):
    """A later request may succeed; `retry_after_s` is the pause that the service asks for."""

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
TEMPORARY = {httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS}
LOCAL = "http://127.0.0.1:8000"
Json = Annotated[bool, typer.Option("--json", help="Print JSON, as the service sent it.")]


class Service:
    """A running service; every method raises `ClientError`."""

    def __init__(self, url: str, http: httpx.Client) -> None:
        self.url, self.http = url, http

    def get(self, path: str, query: Mapping[str, str | int], *required: str) -> dict[str, Any]:
        """Return the JSON object of a 200, which must have the required members."""
        with explained(self.url):
            return object_of(self.http.get(self.url + path, params=query), *required)

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        timeout = httpx.Timeout(TIMEOUT_S, read=SILENCE_S)
        request = self.http.stream("GET", self.url + path, headers=headers, timeout=timeout)
        with explained(self.url), request as response:
            if not response.is_success:
                response.read()
                raise error_of(response)
            yield response


@contextmanager
def open_service(url: str, auth: httpx.Auth | None = None) -> Iterator[Service]:
    with httpx.Client(timeout=TIMEOUT_S, auth=auth) as http:
        yield Service(url, http)


@contextmanager
def explained(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise RetryableError(f"no service at {url}: {reason_of(error)}") from None
    except httpx.HTTPError as error:
        raise RetryableError(f"no answer from {url}: {reason_of(error)}") from None


def reason_of(error: Exception) -> str:
    return ERRNO.sub("", printable(str(error))) or type(error).__name__


def object_of(response: httpx.Response, *required: str) -> dict[str, Any]:
    """Return the JSON object of a 200 with these members; raise `ClientError`."""
    if response.status_code != httpx.codes.OK:
        raise error_of(response)
    found = json_of(response)
    if not found.keys() >= set(required):
        raise unexpected(response)
    return found


def json_of(response: httpx.Response) -> dict[str, Any]:
    """Return the object that the body is, or an empty one."""
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def error_of(response: httpx.Response) -> ClientError:
    """Return what the service says of its refusal (RFC 9457)."""
    problem = json_of(response)
    if "detail" not in problem:
        return unexpected(response)
    message = printable(problem["detail"])
    if response.is_server_error:
        message += f" (request {printable(problem.get('request_id'))})"
    return error_like(response, message)


def unexpected(response: httpx.Response) -> ClientError:
    """Return the error for an answer that the service never gives, such as one of a proxy."""
    message = f"unexpected answer from {response.url}: {response.status_code} {response.reason_phrase}"
    if target := response.headers.get("Location"):
        message += f", see {target}"
    return error_like(response, printable(message))


def error_like(response: httpx.Response, message: str) -> ClientError:
    if response.is_server_error or response.status_code in TEMPORARY:
        return RetryableError(message, retry_after_of(response))
    return ClientError(message)


def retry_after_of(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0


def path_part(text: str) -> str:
    """Escape dots too: `..` would leave the path."""
    return quote(text, safe="").replace(".", "%2E")
