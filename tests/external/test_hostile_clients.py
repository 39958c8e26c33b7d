"""Clients that are slow, greedy, broken or malicious: each is bounded, and others do not notice."""

import asyncio
import re
import socket
from collections.abc import Iterator
from time import monotonic
from urllib.parse import urlsplit

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.raw import BODY, GET, PUT, ask, assert_refused, connected, read_all, statuses
from tests.support.http.running import Running, metrics_of, running_api
from tests.support.polling import until
from tests.support.processes import memory_mb
from tests.support.table_locks import locked

pytestmark = [pytest.mark.external, pytest.mark.faults]
HURRY = {"HEAD_TIMEOUT_S": "0.5", "BODY_TIMEOUT_S": "0.5", "WRITE_TIMEOUT_S": "0.5", "KEEP_ALIVE_S": "1.5"}
FAST_PATH = pytest.mark.parametrize("fast_path", ["on", "off"])


@pytest.fixture(scope="module", params=["on", "off"], ids=lambda fast_path: f"fast path {fast_path}")
def api(servers: Servers, request: pytest.FixtureRequest) -> Iterator[Running]:
    with running_api(servers, FAST_PATH=request.param, **HURRY) as api:
        yield api


async def put_one(client: httpx.AsyncClient) -> int:
    answer = await client.put(f"/hello/{a_name()}", json={"dateOfBirth": "1990-05-17"})
    return answer.status_code


@FAST_PATH
async def test_lost_pipelines_do_not_take_the_answers_of_others(servers: Servers, fast_path: str) -> None:
    with running_api(servers, FAST_PATH=fast_path) as api:
        await assert_others_are_answered(api)


async def assert_others_are_answered(api: Running) -> None:
    url = urlsplit(api.url)
    done = asyncio.Event()

    async def hit_and_run() -> None:
        while not done.is_set():
            _, writer = await asyncio.open_connection(url.hostname, url.port)
            names = [a_name().encode() for _ in range(3)]
            writer.write(GET % names[0] + PUT % names[1] + GET % names[2])
            await writer.drain()
            writer.transport.abort()

    async with httpx.AsyncClient(base_url=api.url, timeout=60) as client:
        hostile = [asyncio.create_task(hit_and_run()) for _ in range(5)]
        for _ in range(20):
            assert set(await asyncio.gather(*(put_one(client) for _ in range(20)))) == {204}
        done.set()
        await asyncio.gather(*hostile)


def test_pipeline_that_is_never_read_stops_being_read(api: Running) -> None:
    flood = (GET % a_name().encode()) * 2000
    before, sent = memory_mb(api), 0
    with connected(api) as sock:
        sock.settimeout(0.3)
        with pytest.raises((TimeoutError, ConnectionError)):
            for _ in range(1000):
                sent += sock.send(flood)
    assert memory_mb(api) - before < 30
    assert sent < 20_000_000
    assert httpx.get(f"{api.url}/api/v1/health").status_code == 200


def test_pipeline_is_answered_in_order(api: Running) -> None:
    names = [a_name().encode() for _ in range(300)]
    with connected(api) as sock:
        sock.sendall(b"".join(PUT % name for name in names) + b"".join(GET % name for name in names))
        sock.shutdown(socket.SHUT_WR)
        answers = read_all(sock)
    assert statuses(answers) == [204] * 300 + [200] * 300
    assert re.findall(rb"Hello, (\w+)!", answers) == names


def test_endless_url_is_414(api: Running) -> None:
    with connected(api) as sock, pytest.raises(ConnectionError):
        sock.sendall(b"GET /" + b"a" * 8_000_000)
        assert_refused(read_all(sock), 414)
        raise ConnectionError


def test_long_url_is_414(api: Running) -> None:
    assert_refused(ask(api, b"GET /hello/%b HTTP/1.1\r\nHost: hello\r\n\r\n" % (b"a" * 8193)), 414)


def test_url_of_8_kib_is_read(api: Running) -> None:
    answer = ask(api, b"GET /%b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % (b"a" * 8191))
    assert statuses(answer) == [404]


@pytest.mark.parametrize("line", [b"x: y\r\n" * 101, b"x: %b\r\n" % (b"y" * 70_000)], ids=["lines", "bytes"])
def test_large_head_is_431(api: Running, line: bytes) -> None:
    assert_refused(ask(api, b"GET / HTTP/1.1\r\nHost: hello\r\n" + line + b"\r\n"), 431)


def test_endless_head_lines_are_431(api: Running) -> None:
    before = memory_mb(api)
    with connected(api) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: hello\r\n")
        with pytest.raises(ConnectionError):
            while True:
                sock.sendall(b"x-header: value\r\n" * 10_000)
    assert memory_mb(api) - before < 30


def test_head_of_64_kib_is_read(api: Running) -> None:
    lines = b"x: %b\r\n" % (b"y" * 60_000)
    answer = ask(api, b"GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines + b"\r\n")
    assert statuses(answer) == [404]


def test_silent_connection_is_closed(api: Running) -> None:
    assert ask(api, b"") == b""


def test_unfinished_head_is_408(api: Running) -> None:
    assert_refused(ask(api, b"GET /hello/John HTTP/1.1\r\nHost:"), 408)


@pytest.mark.parametrize("path", [b"/hello/John", b"/api/v1/users/login"])
def test_unfinished_body_is_408(api: Running, path: bytes) -> None:
    head = b"%b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    method = b"PUT " if path.startswith(b"/hello") else b"POST "
    assert_refused(ask(api, method + head % path), 408)


def test_idle_connection_is_closed_after_its_answer(api: Running) -> None:
    start = monotonic()
    assert statuses(ask(api, GET % a_name().encode())) == [404]
    assert monotonic() - start > 1


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n"], ids=["none", "two"])
def test_request_without_one_host_is_400(api: Running, hosts: bytes) -> None:
    assert_refused(ask(api, b"GET /hello/John HTTP/1.1\r\n" + hosts + b"\r\n"), 400)


def test_half_closed_client_is_answered(api: Running) -> None:
    with connected(api) as sock:
        sock.sendall(PUT % a_name().encode() + GET % a_name().encode())
        sock.shutdown(socket.SHUT_WR)
        assert statuses(read_all(sock)) == [204, 404]


def test_offered_upgrade_is_ignored(api: Running) -> None:
    name = a_name().encode()
    offer = b"Host: hello\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n"
    request = (PUT % name).replace(b"Host: hello\r\n", offer)
    with connected(api) as sock:
        sock.sendall(request + GET % name)
        sock.shutdown(socket.SHUT_WR)
        assert statuses(read_all(sock)) == [204, 200]


def test_body_over_the_limit_is_413_although_it_is_blank(servers: Servers) -> None:
    with running_api(servers, BODY_LIMIT_BYTES="2000") as api:
        blank = b" " * 3000 + BODY
        answer = httpx.put(
            f"{api.url}/hello/John", content=blank, headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 413


def test_too_many_waiting_are_503_without_a_traceback(servers: Servers) -> None:
    with running_api(servers, DATABASE_QUEUE_SIZE="1") as api, connected(api) as sock:
        others = [connected(api) for _ in range(20)]
        socks = [other.__enter__() for other in others]
        for _ in range(20):
            for one in socks:
                one.sendall(GET % a_name().encode())
        sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert statuses(read_all(sock)) == [200]
        answers = b""
        for one in socks:
            one.shutdown(socket.SHUT_WR)
            answers += read_all(one)
        for other in others:
            other.__exit__(None, None, None)
        found = statuses(answers)
        assert len(found) == 400
        assert set(found) <= {404, 503}
        assert found.count(503) > 0
        assert b"retry-after: 5" in answers
        assert not any("Traceback" in line for line in api.printed)
        assert sum("requests refused" in line for line in api.printed) < 10


def test_liveness_answers_when_all_connections_are_taken(servers: Servers) -> None:
    with running_api(servers, MAX_CONNECTIONS="10", PUBLIC_URL="https://example.com/gifts") as api:
        taken = [
            socket.create_connection((urlsplit(api.url).hostname, urlsplit(api.url).port)) for _ in range(10)
        ]
        try:
            until(lambda: httpx.get(f"{api.url}/hello/John").status_code == 503)
            for path in ("/hello/John", "/gifts/hello/John"):
                assert httpx.get(f"{api.url}{path}").json()["instance"] == "/gifts/hello/John"
            assert httpx.get(f"{api.url}/hello/John").headers["Retry-After"] == "5"
            assert httpx.get(f"{api.url}/api/v1/health").status_code == 200
            assert httpx.get(f"{api.url}/metrics").status_code == 200
        finally:
            for sock in taken:
                sock.close()
        until(lambda: httpx.get(f"{api.url}/hello/{a_name()}").status_code == 404)


def test_connections_are_counted(api: Running) -> None:
    ask(api, b"")
    metrics = httpx.get(f"{api.url}/metrics").text
    assert re.search(r"^connections \d", metrics, re.MULTILINE)
    assert 'connections_closed_total{reason="idle"}' in metrics


CHUNKED = b"Host: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("trailer", [b"x-a: y\r\n", b"y" * 16], ids=["lines", "one value"])
def test_endless_trailers_are_bounded(api: Running, trailer: bytes) -> None:
    before = memory_mb(api)
    with connected(api) as sock:
        sock.sendall(b"POST /api/v1/users/login HTTP/1.1\r\n" + CHUNKED + b"2\r\n{}\r\n0\r\nx-b: ")
        with pytest.raises(ConnectionError):
            while True:
                sock.sendall(trailer * 10_000)
    assert memory_mb(api) - before < 30
    assert httpx.get(f"{api.url}/api/v1/health").status_code == 200


def test_trailer_is_no_header(api: Running) -> None:
    body = b"1d\r\n%b\r\n0\r\nX-Request-ID: trailer\r\n\r\n" % BODY
    with connected(api) as sock:
        sock.sendall(b"PUT /hello/%b HTTP/1.1\r\n" % a_name().encode() + CHUNKED + body)
        sock.shutdown(socket.SHUT_WR)
        answer = read_all(sock)
    assert statuses(answer) == [204]
    assert b"trailer" not in answer


def test_malformed_body_is_400_at_once(api: Running) -> None:
    start = b"PUT /hello/John HTTP/1.1\r\n" + CHUNKED
    with connected(api) as sock:
        sock.sendall(start + b"1d\r\n%b\r\nZZ\r\n" % BODY)
        assert_refused(read_all(sock), 400)


def test_malformed_request_after_a_good_one_is_answered_in_order(api: Running) -> None:
    assert statuses(ask(api, GET % a_name().encode() + b"nonsense\r\n\r\n")) == [404, 400]


def test_unfinished_head_does_not_take_the_answer_of_the_request_before_it(servers: Servers) -> None:
    url = servers.database_url
    with running_api(servers, HEAD_TIMEOUT_S="0.3") as api, locked(url, "people"), connected(api) as sock:
        sock.sendall(GET % a_name().encode() + b"GET /hel")
        assert statuses(read_all(sock)) == [500, 408]


def test_connect_is_405_and_ends_the_connection(api: Running) -> None:
    answer = ask(api, b"CONNECT /hello/John HTTP/1.1\r\nHost: x\r\n\r\n" + GET % b"John")
    assert statuses(answer) == [405]
    assert b"connection: close" in answer


def test_upgrade_offered_by_http_1_0_stays_http_1_0(api: Running) -> None:
    head = b"GET /hello/%b HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" % a_name().encode()
    assert statuses(ask(api, head)) == [404]


def test_long_pipelines_are_all_answered_while_busy(servers: Servers) -> None:
    with running_api(servers, DATABASE_QUEUE_SIZE="1") as api:
        socks = [
            socket.create_connection((urlsplit(api.url).hostname, urlsplit(api.url).port)) for _ in range(5)
        ]
        for sock in socks:
            sock.sendall((GET % a_name().encode()) * 250)
            sock.shutdown(socket.SHUT_WR)
        for sock in socks:
            sock.settimeout(20)
            assert len(statuses(read_all(sock))) == 250
            sock.close()
        assert not any("Traceback" in line for line in api.printed)


def test_client_that_never_reads_its_last_answer_is_closed(api: Running) -> None:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect((urlsplit(api.url).hostname or "", urlsplit(api.url).port or 0))
        sock.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 60)
        until(lambda: 'connections_closed_total{reason="write_timeout"}' in metrics_of(api))
