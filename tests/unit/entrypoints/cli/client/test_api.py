"""Addresses, and answers that are no greeting, as one line."""

import httpx
import pytest
import typer

from hello.entrypoints.cli.client.api import (
    RetryableError,
    Service,
    checked_url,
    object_of,
    open_service,
    path_part,
)
from hello.entrypoints.cli.client.login import checked_token
from hello.entrypoints.cli.client.output import ClientError

URL = "http://hello.example"
REQUEST = httpx.Request("GET", f"{URL}/hello/John")


def answer(status: int, **content: object) -> httpx.Response:
    return httpx.Response(status, request=REQUEST, **content)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [URL, "https://hello.example:8443/gifts", "http://[::1]:8000"])
def test_address_may_have_a_port_and_a_path(text: str) -> None:
    assert checked_url(text) == text
    assert checked_url(f"{text}/") == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello.example",
        "ftp://hello.example",
        "http://",
        "http://a:b@hello.example",
        f"{URL}?a=b",
        "http://hello.example:port",
    ],
)
def test_other_text_is_no_address(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        checked_url(text)


@pytest.mark.parametrize(
    ("text", "part"), [("..", "%2E%2E"), ("a/b", "a%2Fb"), ("é", "%C3%A9"), ("John", "John")]
)
def test_name_stays_one_part_of_the_path(text: str, part: str) -> None:
    assert path_part(text) == part


def test_token_loses_the_space_around_it() -> None:
    assert checked_token(" abc.def\n") == "abc.def"
    for wrong in ("a b", "a\nb", "é"):
        with pytest.raises(typer.BadParameter):
            checked_token(wrong)


def test_refusal_is_what_the_problem_says() -> None:
    with pytest.raises(ClientError, match=r"^no user named John$"):
        object_of(answer(404, json={"detail": "no user named John"}))


def test_fault_names_the_request() -> None:
    with pytest.raises(RetryableError, match=r"^something went wrong \(request 4f1c-2a\)$"):
        object_of(answer(500, json={"detail": "something went wrong", "request_id": "4f1c-2a"}))


@pytest.mark.parametrize(
    ("status", "header", "retry_after_s"), [(503, "5", 5), (429, "60", 60), (502, "", 0), (503, "soon", 0)]
)
def test_temporary_refusal_says_when_to_come_back(status: int, header: str, retry_after_s: float) -> None:
    with pytest.raises(RetryableError) as raised:
        object_of(answer(status, json={"detail": "busy"}, headers={"Retry-After": header}))
    assert raised.value.retry_after_s == retry_after_s


@pytest.mark.parametrize("content", [{"text": "<html>"}, {"json": ["message"]}, {"json": {}}, {"json": None}])
def test_answer_of_another_server_is_unexpected(content: dict[str, object]) -> None:
    for status in (200, 404):
        with pytest.raises(ClientError, match=f"^unexpected answer from {REQUEST.url}: {status}"):
            object_of(answer(status, **content), "message")


def test_redirection_is_shown() -> None:
    with pytest.raises(ClientError, match=r"301 Moved Permanently, see https://hello\.example/"):
        object_of(answer(301, headers={"Location": "https://hello.example/"}))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), f"^no service at {URL}: Connection refused$"),
        (httpx.ConnectTimeout(""), f"^no service at {URL}: ConnectTimeout$"),
        (httpx.ReadTimeout("timed out"), f"^no answer from {URL}: timed out$"),
        (httpx.RemoteProtocolError("server\x1b disconnected"), f"^no answer from {URL}: server\ufffd disc"),
    ],
)
def test_missing_answer_names_the_address(error: httpx.HTTPError, message: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    with (
        httpx.Client(transport=httpx.MockTransport(fail)) as http,
        pytest.raises(RetryableError, match=message),
    ):
        Service(URL, http).get("/hello/John", {})


def test_service_without_a_listener_is_not_there() -> None:
    with open_service("http://127.0.0.1:1") as service, pytest.raises(RetryableError, match="no service at"):
        service.get("/hello/John", {})
