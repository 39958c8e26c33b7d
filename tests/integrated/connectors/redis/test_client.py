"""Every kind of URL: a cluster, and TLS."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from hello.bootstrap.connectors import guarded_redis, redis_pages
from hello.connectors.embedded.valkey import WHEEL
from hello.connectors.limits.limiter import library_limiter
from hello.connectors.limits.quotas import read_quotas
from hello.connectors.redis.client import RedisProbe, open_redis
from hello.core.settings import Settings
from tests.contracts.connectors.redis.test_pages import Source
from tests.support.builders import a_name

pytestmark = pytest.mark.integrated


@pytest.fixture
def port(tmp_path: Path, unused_tcp_port_factory: Callable[[], int]) -> Iterator[int]:
    """A Valkey that is a cluster of one node, which serves every slot.

    Its bus has a port of its own: the default, 10,000 above the other, may be none at all.
    """
    port, bus = unused_tcp_port_factory(), unused_tcp_port_factory()
    options = ["--cluster-enabled", "yes", "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
    command = [str(WHEEL.find()), "--port", str(port), "--cluster-port", str(bus), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as valkey:
        try:
            yield port
        finally:
            valkey.terminate()


async def take_all_slots(port: int) -> None:
    async with Redis(port=port) as node:
        while True:
            try:
                await node.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)  # type: ignore[no-untyped-call]
            except RedisConnectionError:
                await asyncio.sleep(0.02)
            else:
                break
        while (await node.execute_command("CLUSTER INFO"))["cluster_state"] != "ok":  # type: ignore[no-untyped-call]
            await asyncio.sleep(0.02)


async def assert_pages_work(url: str) -> None:
    group, source = a_name(), Source()
    async with open_redis(url, 2) as redis:
        registry, settings = CollectorRegistry(), Settings(redis_timeout_s=2)
        pages = redis_pages(settings, guarded_redis(settings, redis, registry))
        await RedisProbe(redis).check()
        for expected in (1, 2):
            for _ in range(2):
                await pages.get(group, "1", source)
            assert source.loads == expected
            await pages.drop(group)
        assert registry.get_sample_value("cache_errors_total") == 0
        await assert_limits_work(redis)


async def assert_limits_work(redis: Any) -> None:  # noqa: ANN401  # a client of one server or of a cluster
    registry, key = CollectorRegistry(), a_name()
    limiter = library_limiter(read_quotas({"items": "2/minute"}), redis, 2, registry)
    standings = [await limiter.hit("items", key) for _ in range(3)]
    assert [standing.is_exceeded for standing in standings if standing] == [False, False, True]
    assert registry.get_sample_value("rate_limit_errors_total") == 0


async def test_a_cluster(port: int) -> None:
    await take_all_slots(port)
    await assert_pages_work(f"redis+cluster://127.0.0.1:{port}")


async def test_tls(port: int, tmp_path: Path) -> None:
    """The server from the wheel speaks no TLS: something in front of it does, as a load balancer would."""
    await take_all_slots(port)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with tls_in_front_of(port, authority) as tls_port:
        await assert_pages_work(f"rediss://localhost:{tls_port}?ssl_ca_certs={tmp_path / 'ca.pem'}")


@asynccontextmanager
async def tls_in_front_of(port: int, authority: trustme.CA) -> AsyncIterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))

    async with await asyncio.start_server(forward, "localhost", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()
