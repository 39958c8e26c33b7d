"""Every kind of URL: a cluster, and TLS."""

from pathlib import Path
from typing import Any

import pytest
import trustme
from prometheus_client import CollectorRegistry

from hello.bootstrap.connectors import stamped_pages
from hello.connectors.limits.limiter import open_limiter
from hello.connectors.limits.quotas import read_quotas
from hello.connectors.redis.client import RedisProbe, open_redis
from hello.core.settings import Settings
from tests.support.builders import a_name
from tests.support.limits import HitsOfOthers
from tests.support.pages import PageSource, stamp_of
from tests.support.valkey_tools import take_all_slots, tls_in_front_of

pytestmark = pytest.mark.integrated


async def assert_pages_work(url: str) -> None:
    page, source = a_name(), PageSource()
    async with open_redis(url, 2) as redis:
        registry = CollectorRegistry()
        pages = stamped_pages(Settings(redis_timeout_s=2), redis, registry)
        await RedisProbe(redis).check()
        for stamp in (1, 2):
            for _ in range(2):
                assert await pages.get(page, stamp_of(stamp), source) == b"old"
            assert source.loads == stamp
        assert registry.get_sample_value("cache_errors_total") == 0
        await assert_limits_work(redis)


async def assert_limits_work(redis: Any) -> None:  # noqa: ANN401  # a client of one server or of a cluster
    registry, key = CollectorRegistry(), a_name()
    quotas = read_quotas({"login": "2/minute", "items": "1000/hour"})
    async with (
        open_limiter(quotas, redis, 2, registry) as limiter,
        open_limiter(quotas, redis, 2, CollectorRegistry()) as other,
    ):
        statuses = [await limiter.hit("login", key) for _ in range(3)]
        assert [status.is_exceeded for status in statuses if status] == [False, False, True]
        limiter.hit_nowait("items", key)
        await HitsOfOthers(other, "items", key).until(1)
    assert registry.get_sample_value("rate_limit_errors_total") == 0


async def test_cache_and_limits_work_on_a_cluster(cluster_port: int) -> None:
    await take_all_slots(cluster_port)
    await assert_pages_work(f"redis+cluster://127.0.0.1:{cluster_port}")


async def test_cache_and_limits_work_on_a_cluster_with_tls(cluster_port: int, tmp_path: Path) -> None:
    """The server from the wheel speaks no TLS: something in front of it does, as a load balancer would."""
    await take_all_slots(cluster_port)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with tls_in_front_of(cluster_port, authority) as tls_port:
        await assert_pages_work(f"rediss://localhost:{tls_port}?ssl_ca_certs={tmp_path / 'ca.pem'}")
