"""Answers are read as HTTP/1.1 frames them, and a lost one says how it was lost."""

import asyncio

import pytest

from tests.rehearsal.client import Answer, Connection, LostError, Request, field

GET = b"GET / HTTP/1.1\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


class Sink:
    """Takes what is sent."""

    def write(self, data: bytes, /) -> None: ...

    def close(self) -> None: ...


def connected(received: bytes, *, ends: bool = True) -> Connection:
    """Return a connection on which this comes, and then its end."""
    reader = asyncio.StreamReader()
    reader.feed_data(received)
    if ends:
        reader.feed_eof()
    return Connection(reader, Sink())


async def test_body_has_its_length() -> None:
    connection = connected(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP", ends=False)
    assert await connection.ask(GET) == Answer(200, b"ok")
    assert connection.is_usable


async def test_body_without_a_length_ends_with_the_connection() -> None:
    connection = connected(b"HTTP/1.0 502 Bad Gateway\r\n\r\nsorry")
    assert await connection.ask(GET) == Answer(502, b"sorry")
    assert not connection.is_usable


async def test_answer_without_a_body_keeps_the_connection() -> None:
    connection = connected(NO_CONTENT, ends=False)
    assert await connection.ask(GET) == Answer(204, b"")
    assert connection.is_usable


async def test_server_may_end_the_connection() -> None:
    connection = connected(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", ends=False)
    await connection.ask(GET)
    assert not connection.is_usable


@pytest.mark.parametrize(
    "received", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]
)
async def test_end_before_the_whole_answer_is_a_cut(received: bytes) -> None:
    with pytest.raises(LostError, match="cut"):
        await connected(received).ask(GET)


async def test_end_of_a_kept_connection_before_the_first_byte_is_idle() -> None:
    connection = connected(NO_CONTENT)
    await connection.ask(GET)
    with pytest.raises(LostError, match="idle"):
        await connection.ask(GET)


async def test_end_of_a_kept_connection_within_the_answer_is_a_cut() -> None:
    connection = connected(NO_CONTENT + b"HTTP/1.1")
    await connection.ask(GET)
    with pytest.raises(LostError, match="cut"):
        await connection.ask(GET)


def test_request_with_a_body_says_its_length() -> None:
    written = Request("PUT", "/hello/john", b"{}", "A: b\r\n").written("host")
    head, _, body = written.partition(b"\r\n\r\n")
    assert head.splitlines()[:3] == [b"PUT /hello/john HTTP/1.1", b"Host: host", b"A: b"]
    assert (field(head.decode().lower(), "content-length"), body) == ("2", b"{}")
