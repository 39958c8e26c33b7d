"""More requests than the application can answer: refused at once, while health and `/hello` go on."""

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from select import select
from time import monotonic

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from hello.interface.http.serving.admission import BURST
from tests.support.builders import a_name
from tests.support.http.raw import connected, statuses
from tests.support.http.running import Running, metrics_of, running_api
from tests.support.polling import until
from tests.support.table_locks import locked

pytestmark = [pytest.mark.external, pytest.mark.faults]
CLIENTS, SOON_S = 300, 10
PATIENT = {
    "DATABASE_DEADLINE_S": "30",
    "DATABASE_LOCK_TIMEOUT_S": "30",
    "DATABASE_CONNECT_TIMEOUT_S": "30",
    "REDIS_URL": "",
    "RATE_LIMIT_ITEMS": "off",
}
OWNER = b"0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f"
LIST = b"GET /api/v1/items?owner_id=%b HTTP/1.1\r\nHost: hello\r\n\r\n" % OWNER
"""A list of one owner's items: the fast path leaves it to the application."""
JSON = b"Host: hello\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
HALF = b"POST /api/v1/users/login HTTP/1.1\r\n" + JSON + b"{"


@pytest.fixture
def api(servers: Servers) -> Iterator[Running]:
    with running_api(servers, **PATIENT) as api:
        yield api


@contextmanager
def clients(api: Running, request: bytes) -> Iterator[Sequence[socket.socket]]:
    """Send the same over many connections."""
    with ExitStack() as stack:
        socks = [stack.enter_context(connected(api)) for _ in range(CLIENTS)]
        for sock in socks:
            sock.sendall(request)
        yield socks


def answers_of(socks: Sequence[socket.socket], count: int) -> dict[socket.socket, bytes]:
    """Return the first so many answers, which come soon."""
    answers: dict[socket.socket, bytes] = {}
    end = monotonic() + SOON_S
    while len(answers) < count:
        assert monotonic() < end, f"{len(answers)} answers instead of {count}"
        for sock in select(socks, [], [], 0.1)[0]:
            answers[sock] = answers.get(sock, b"") + sock.recv(1 << 16)
    return answers


def test_requests_beyond_a_burst_are_503_at_once_and_the_rest_is_served(
    servers: Servers, api: Running
) -> None:
    assert_hello_serves(api)  # its two connections are taken from the pool by then
    with locked(servers.database_url, "items"), clients(api, LIST) as socks:
        refused = answers_of(socks, CLIENTS - BURST)
        for answer in refused.values():
            assert_overloaded(answer)
        assert httpx.get(f"{api.url}/api/v1/health").status_code == 200
        assert_hello_serves(api)
        assert f'http_requests_refused_total{{reason="overloaded"}} {CLIENTS - BURST}.0' in metrics_of(api)
        assert sum("requests refused" in line for line in api.printed) <= 2


def assert_hello_serves(api: Running) -> None:
    """Head and body in one piece: the fast path leaves a body that comes late to the application."""
    path, body = f"/hello/{a_name()}".encode(), b'{"dateOfBirth":"1990-05-17"}'
    head = b"Host: hello\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    with connected(api) as sock:
        sock.sendall(b"PUT %b HTTP/1.1\r\n%b%b" % (path, head, body))
        assert status_of(sock.recv(1 << 16)) == 204
        sock.sendall(b"GET %b HTTP/1.1\r\nHost: hello\r\n\r\n" % path)
        assert status_of(sock.recv(1 << 16)) == 200


def assert_overloaded(answer: bytes) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert statuses(head) == [503]
    assert b"retry-after: 5" in head
    assert b"content-type: application/problem+json" in head
    problem = json.loads(body)
    assert (problem["status"], problem["instance"]) == (503, "/api/v1/items")
    assert b"x-request-id: %b" % problem["request_id"].encode() in head


def test_every_client_is_served_once_the_overload_is_over(servers: Servers, api: Running) -> None:
    with ExitStack() as locks:
        locks.enter_context(locked(servers.database_url, "items"))
        with clients(api, LIST) as socks:
            refused = answers_of(socks, CLIENTS - BURST)
            taken = [sock for sock in socks if sock not in refused]
            locks.close()
            assert {status_of(answer) for answer in answers_of(taken, BURST).values()} == {200}
            some = list(refused)[: BURST // 2]
            for sock in some:
                sock.sendall(LIST)
            assert {status_of(answer) for answer in answers_of(some, len(some)).values()} == {200}


def status_of(answer: bytes) -> int:
    return statuses(answer)[0]


def test_slow_bodies_do_not_take_the_places_of_others(api: Running) -> None:
    with clients(api, HALF):
        until(lambda: opened(api) > CLIENTS)
        for _ in range(10):
            assert httpx.get(f"{api.url}/api/v1/items").status_code == 200


def opened(api: Running) -> float:
    [line] = [line for line in metrics_of(api).splitlines() if line.startswith("connections ")]
    return float(line.split()[1])
