"""Connect to Redis or Valkey, one server or a cluster, and probe it."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisClusterException, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from hello.entities.errors import UnavailableError

CLUSTER = "+cluster://"
MAX_CONNECTIONS = 100


@asynccontextmanager
async def open_redis(url: str, timeout_s: float) -> AsyncIterator[Any]:
    """Connect at the first use; no call exceeds the time-out. `redis+cluster://` is a cluster."""
    client = cluster(url, timeout_s) if CLUSTER in url else single(url, timeout_s)
    try:
        yield client
    finally:
        await client.aclose()


def single(url: str, timeout_s: float) -> Redis:
    """Do not retry: the breaker and the time-out decide how long a fault may take.

    A call waits when all connections are in use, so many concurrent calls are not an outage.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        max_connections=MAX_CONNECTIONS,
        timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


def cluster(url: str, timeout_s: float) -> RedisCluster:
    standard_url = url.replace(CLUSTER, "://")
    return RedisCluster.from_url(standard_url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)


def fault_reason(error: BaseException) -> str:
    """Return the cause for operators; of an error reply only the code: its text may quote the password."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate of Redis is not accepted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "the TLS handshake with Redis failed"
        if isinstance(cause, AuthenticationError):
            return "Redis refuses the user or the password"
        if isinstance(cause, ResponseError):
            return response_reason(str(cause))
        if isinstance(cause, ConnectionRefusedError):
            return "the connection to Redis was refused"
    return "Redis did not answer in time" if is_timeout(error) else "Redis cannot be reached"


def response_reason(text: str) -> str:
    if text.startswith("unknown command"):
        return "Redis does not know a command: version 6 or newer is needed"
    if "DB index" in text:
        return "Redis has no database with this number"
    code = text.split(maxsplit=1)[0] if text else ""
    return f"Redis refuses a command ({code})" if code.isupper() else "Redis refuses a command"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def is_timeout(error: BaseException) -> bool:
    return isinstance(error, TimeoutError | RedisTimeoutError)


@dataclass(frozen=True, slots=True)
class RedisProbe:
    redis: Any
    name: str = "cache"
    required: bool = False

    async def check(self) -> None:
        try:
            await self.redis.ping()
        except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
            raise UnavailableError("Redis cannot be reached", reason=fault_reason(error)) from error
