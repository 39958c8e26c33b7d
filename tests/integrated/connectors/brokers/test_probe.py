"""Readiness tells of the broker, when there is one of its own: up, stopped, none."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from hello.connectors.brokers.probe import MAX_AGE_S, BrokerProbe, connect
from hello.connectors.embedded.servers import Servers
from hello.entities.errors import UnavailableError
from tests.support.http.running import running_api
from tests.support.servers import temporary_servers

pytestmark = pytest.mark.integrated


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this module's own, since it stops them."""
    with temporary_servers(tmp_path_factory.mktemp("probe")) as servers:
        yield servers


async def test_a_stopped_broker_is_down_once_the_kept_answer_is_old(own_servers: Servers) -> None:
    times = iter([0.0, 1.0, MAX_AGE_S, MAX_AGE_S, 3 * MAX_AGE_S, 3 * MAX_AGE_S])
    probe = BrokerProbe(own_servers.redis_url, timer=lambda: next(times))
    await probe.check()
    await asyncio.to_thread(own_servers.valkey.stop)
    try:
        await probe.check()
        with pytest.raises(UnavailableError):
            await probe.check()
    finally:
        await asyncio.to_thread(own_servers.valkey.start)
    await probe.check()


async def test_a_port_that_nothing_listens_on_is_down() -> None:
    with pytest.raises(UnavailableError, match="broker cannot be reached"):
        await BrokerProbe("amqp://guest:guest@127.0.0.1:1/").check()


async def test_probe_succeeds_with_one_of_several_servers() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        await connect(f"kafka://127.0.0.1:1,127.0.0.1:{server.sockets[0].getsockname()[1]}")


@pytest.mark.parametrize(("url", "status"), [("", None), ("{redis}", "up"), ("redis://127.0.0.1:1", "down")])
def test_readiness_includes_the_broker(servers: Servers, url: str, status: str | None) -> None:
    given = {"BROKER_URL": url.format(redis=servers.redis_url)} if url else {}
    with running_api(servers, **given) as api:
        answer = httpx.get(f"{api.url}/api/v1/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == ("degraded" if status == "down" else "ready")
    assert answer.json()["checks"].get("broker", {}).get("status") == status
