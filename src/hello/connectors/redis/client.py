"""The connection to Redis or Valkey, of one server or of a cluster, and whether it is there."""

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
    """Connect at the first use; no call takes longer than the time-out. `redis+cluster://` is a cluster."""
    client = cluster(url, timeout_s) if CLUSTER in url else single(url, timeout_s)
    try:
        yield client
    finally:
        await client.aclose()


def single(url: str, timeout_s: float) -> Redis:
    """Try nothing twice: the breaker and the time-out decide how long a fault may take.

    A call that finds every connection in use waits for one: many calls at once are no outage.
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
    plain = url.replace(CLUSTER, "://")
    return RedisCluster.from_url(plain, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)


def fault_reason(error: BaseException) -> str:
    """Return the cause for operators, and of what Redis says only its code: it may quote our password."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate of Redis is not accepted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "TLS with Redis cannot be agreed on"
        if isinstance(cause, AuthenticationError):
            return "Redis refuses the user or the password"
        if isinstance(cause, ResponseError):
            return response_reason(str(cause))
        if isinstance(cause, ConnectionRefusedError):
            return "the connection to Redis was refused"
    return "Redis gives no answer in time" if is_timeout(error) else "Redis cannot be reached"


def response_reason(text: str) -> str:
    if text.startswith("unknown command"):
        return "Redis does not know a command: version 6 or newer is needed"
    if "DB index" in text:
        return "Redis has no database of this number"
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
