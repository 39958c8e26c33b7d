"""Requests byte by byte, for what no client library would send."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.support.http.running import Running

GET = b"GET /hello/%b HTTP/1.1\r\nHost: hello\r\n\r\n"
BODY = b'{"dateOfBirth": "1990-05-17"}'
JSON = b"Host: hello\r\nContent-Type: application/json\r\nContent-Length: 29\r\n\r\n"
PUT = b"PUT /hello/%b HTTP/1.1\r\n" + JSON + BODY


@contextmanager
def connected(api: Running) -> Iterator[socket.socket]:
    url = urlsplit(api.url)
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=20) as sock:
        yield sock


def read_all(sock: socket.socket) -> bytes:
    """Read until the server closes."""
    parts = []
    while part := sock.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


def ask(api: Running, data: bytes) -> bytes:
    with connected(api) as sock:
        sock.sendall(data)
        return read_all(sock)


def assert_refused(answers: bytes, status: int) -> None:
    head, _, body = answers.partition(b"\r\n\r\n")
    assert statuses(head) == [status]
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert json.loads(body)["status"] == status
