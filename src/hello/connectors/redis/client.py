"""The connection to Redis or Valkey, and whether it is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from hello.entities.errors import UnavailableError


@asynccontextmanager
async def open_redis(url: str, timeout_s: float) -> AsyncIterator[Redis]:
    """Connect at the first use; no call takes longer than the time-out, connecting included."""
    client = Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)
    try:
        yield client
    finally:
        await client.aclose()


@dataclass(frozen=True, slots=True)
class RedisProbe:
    redis: Redis
    name: str = "cache"
    required: bool = False

    async def check(self) -> None:
        try:
            await self.redis.ping()
        except (RedisError, OSError, TimeoutError) as error:
            raise UnavailableError("Redis cannot be reached") from error
