"""Metrics of two workers of one API, while one of them is killed and replaced."""

import os
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from select import select

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.raw import GET, connected, statuses
from tests.support.http.running import Running, metrics_of, running_api
from tests.support.polling import until
from tests.support.processes import descendants

pytestmark = [pytest.mark.external, pytest.mark.faults]
POOL = {"DATABASE_POOL_SIZE": "3", "DATABASE_POOL_OVERFLOW": "0"}
POOLS, CLIENTS = 6.0, 24
GROWING = {"counter", "histogram"}
SIZE, OPEN = ("database_pool_size", (("pool", "hello-api"),)), ("connections", ())
Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def api(servers: Servers) -> Iterator[Running]:
    with running_api(servers, "--workers", "2", **POOL) as api:
        until(lambda: samples(api).get(SIZE) == POOLS)
        yield api


def samples(api: Running, kinds: set[str] | None = None) -> Samples:
    """Return what a scrape shows; ask again when the worker that was asked died meanwhile."""
    while True:
        with suppress(httpx.TransportError):
            families = list(text_string_to_metric_families(metrics_of(api)))
            return {
                (one.name, tuple(sorted(one.labels.items()))): one.value
                for family in families
                if kinds is None or family.type in kinds
                for one in family.samples
            }


def kill_one(api: Running) -> None:
    """Kill the one that has more connections; return when another worker is there."""
    workers = set(descendants(api.process.pid))
    assert len(workers) == 2
    killed = max(workers, key=open_files)
    os.kill(killed, signal.SIGKILL)
    until(lambda: len(set(descendants(api.process.pid)) - {killed}) == 2)


def open_files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


@contextmanager
def clients(api: Running) -> Iterator[Sequence[socket.socket]]:
    """Yield connections that have had an answer, and stay open."""
    with ExitStack() as stack:
        socks = [stack.enter_context(connected(api)) for _ in range(CLIENTS)]
        for sock in socks:
            sock.sendall(GET % a_name().encode())
            assert statuses(whole_answer(sock)) == [404]
        yield socks


def whole_answer(sock: socket.socket) -> bytes:
    """Read up to the end of a JSON object, which may come after the head."""
    answer = b""
    while not answer.endswith(b"}"):
        part = sock.recv(1 << 16)
        assert part
        answer += part
    return answer


def is_open(sock: socket.socket) -> bool:
    """Return whether the server has neither closed nor reset it: it sends nothing else."""
    return not select([sock], [], [], 0)[0]


def test_counters_never_go_back_when_a_worker_is_killed(api: Running) -> None:
    with clients(api):
        before = samples(api, GROWING)
        kill_one(api)
        at_once = samples(api, GROWING)
        until(lambda: samples(api)[SIZE] == POOLS)
        later = samples(api, GROWING)
    assert any(name == "http_request_duration_seconds_count" for name, _ in before)
    assert went_back(before, at_once) == set()
    assert went_back(at_once, later) == set()


def went_back(before: Samples, after: Samples) -> set[object]:
    return {key for key, value in before.items() if after.get(key, -1) < value}


def test_gauges_of_a_killed_worker_are_forgotten(api: Running) -> None:
    with clients(api) as socks:
        until(lambda: samples(api)[OPEN] == CLIENTS + 1)  # one is the scrape
        kill_one(api)
        until(lambda: samples(api)[SIZE] == POOLS)
        left = sum(map(is_open, socks))
        assert left < CLIENTS
        until(lambda: samples(api)[OPEN] == left + 1)
    assert sum(name == "hello_build_info" for name, _ in samples(api)) == 1
