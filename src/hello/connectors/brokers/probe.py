"""Check whether the broker of `BROKER_URL` accepts connections, at most once every few seconds."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from hello.connectors.brokers.adapters import BROKERS, Broker
from hello.connectors.redis.client import RedisProbe, open_redis
from hello.core.broker_urls import SCHEMES
from hello.core.urls import split_url
from hello.entities.errors import UnavailableError

MAX_AGE_S = 5.0
TIMEOUT_S = 1.0
PORTS = {"amqp": 5672, "amqps": 5671}


@dataclass(slots=True)
class BrokerProbe:
    """Send Redis a PING; the other brokers only have to accept a connection, without a log-in."""

    url: str = field(repr=False)
    timer: Callable[[], float] = monotonic
    name: str = "broker"
    required: bool = False
    _checked_at: float | None = None
    _fault: UnavailableError | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(self) -> None:
        async with self._lock:
            if self._checked_at is None or self.timer() - self._checked_at >= MAX_AGE_S:
                self._fault = await self._request()
                self._checked_at = self.timer()
        if self._fault is not None:
            raise UnavailableError(str(self._fault), reason=self._fault.reason)

    async def _request(self) -> UnavailableError | None:
        request = ping if BROKERS[self.url.partition("://")[0]] == Broker.REDIS else connect
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await request(self.url)
        except UnavailableError as error:
            return error
        except (OSError, TimeoutError):
            return UnavailableError("the broker cannot be reached", reason="the broker cannot be reached")
        return None


async def ping(url: str) -> None:
    async with open_redis(url, TIMEOUT_S) as redis:
        await RedisProbe(redis).check()


async def connect(url: str) -> None:
    """Return once a server accepts a connection; raise the `OSError` of the last server."""
    parts = split_url(url, SCHEMES)
    for number, (host, port) in enumerate(parts.hosts, start=1):
        try:
            _, writer = await asyncio.open_connection(host, port or PORTS[parts.scheme])
        except OSError:
            if number == len(parts.hosts):
                raise
        else:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            return
