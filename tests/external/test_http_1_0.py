"""Clients of HTTP/1.0, such as nginx by default: no chunks, no `100 Continue`; closing ends a body."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import client_of
from tests.support.http.orders import OrderClient, open_order_client
from tests.support.http.running import Running, running_api

pytestmark = pytest.mark.external
TOKEN = "t" * 40
ADMIN = f"Authorization: Bearer {TOKEN}"
EXPORT, TODAY = "/api/v1/birthdays/export", "/api/v1/birthdays/today"
Answer = tuple[str, bytes]


@pytest.fixture(scope="module", params=["on", "off"], ids=lambda fast_path: f"fast path {fast_path}")
def api(servers: Servers, request: pytest.FixtureRequest) -> Iterator[Running]:
    with running_api(servers, ADMIN_TOKEN=TOKEN, FAST_PATH=request.param) as api:
        yield api


@pytest.fixture(scope="module")
def order_client(api: Running) -> Iterator[OrderClient]:
    with client_of(api) as client:
        yield open_order_client(client, client)


def asked(api: Running, request_line: str, *headers: str, body: bytes = b"") -> Answer:
    """Send bytes, and read head and body until the server closes the connection."""
    head = "\r\n".join([request_line, "Host: hello", *headers, "", ""]).encode()
    place = urlsplit(api.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
        connection.sendall(head + body)
        answered = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    start, _, rest = answered.partition(b"\r\n\r\n")
    return start.decode().lower(), rest


def assert_ends_by_closing(head: str) -> None:
    assert head.startswith("http/1.1 200 ")
    assert "\r\nconnection: close" in head
    assert "transfer-encoding" not in head
    assert "content-length" not in head


@pytest.mark.parametrize("version", ["1.0", "0.9"])
@pytest.mark.parametrize("more", [(), ("Connection: keep-alive",)], ids=["close", "keep-alive"])
def test_export_to_http_1_0_has_no_chunks(
    api: Running, order_client: OrderClient, version: str, more: tuple[str]
) -> None:
    head, body = asked(api, f"GET {EXPORT} HTTP/{version}", ADMIN, *more)
    assert_ends_by_closing(head)
    assert order_client.john in {json.loads(line)["username"] for line in body.splitlines()}


def test_order_events_to_http_1_0_have_no_chunks(api: Running, order_client: OrderClient) -> None:
    path = order_client.ordered()
    order_client.cancel(path)
    bearer = f"Authorization: {order_client.ada.headers['Authorization']}"
    head, body = asked(api, f"GET {path}/events HTTP/1.0", bearer)
    assert_ends_by_closing(head)
    assert body.startswith(b"event: order.created\n")
    assert body.count(b"\n\n") == 2


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_head_of_a_stream_has_no_body(api: Running, version: str) -> None:
    head, body = asked(api, f"HEAD {EXPORT} HTTP/{version}", ADMIN, "Connection: close")
    assert head.startswith("http/1.1 200 ")
    assert ("transfer-encoding" in head, body) == (False, b"")


def test_export_to_http_1_1_is_chunked(api: Running, order_client: OrderClient) -> None:
    head, body = asked(api, f"GET {EXPORT} HTTP/1.1", ADMIN, "Connection: close")
    assert "\r\ntransfer-encoding: chunked" in head
    assert order_client.john.encode() in body
    assert body.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize(
    "path", ["/hello/{john}", TODAY, "/api/v1/items", "/openapi.json", "/metrics", "/nope"]
)
def test_answers_of_known_length_say_it(api: Running, order_client: OrderClient, path: str) -> None:
    head, body = asked(api, f"GET {path.format(john=order_client.john)} HTTP/1.0", "Connection: keep-alive")
    assert f"\r\ncontent-length: {len(body)}" in head
    assert "transfer-encoding" not in head


def test_answers_without_a_body_have_none(api: Running) -> None:
    sized = ("Content-Type: application/json", "Content-Length: 29", "Expect: 100-continue")
    head, body = asked(api, f"PUT /hello/{a_name()} HTTP/1.0", *sized, body=b'{"dateOfBirth": "1990-05-17"}')
    assert head.startswith("http/1.1 204 ")
    assert ("transfer-encoding" in head, body) == (False, b"")
