"""Faults of Valkey: dead, hanging, flushed, full or read-only."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from redis.asyncio import Redis

from hello.connectors.embedded.servers import Servers

Fault = Callable[[Servers, Redis], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def dead(servers: Servers, _: Redis) -> AsyncIterator[None]:
    await asyncio.to_thread(servers.valkey.stop)
    yield
    await asyncio.to_thread(servers.valkey.start)


@asynccontextmanager
async def hanging(servers: Servers, _: Redis) -> AsyncIterator[None]:
    os.kill(servers.valkey.pid or 0, signal.SIGSTOP)
    yield
    os.kill(servers.valkey.pid or 0, signal.SIGCONT)


@asynccontextmanager
async def flushed(_: Servers, redis: Redis) -> AsyncIterator[None]:
    await redis.flushall()
    yield


@asynccontextmanager
async def full(_: Servers, redis: Redis) -> AsyncIterator[None]:
    await redis.config_set("maxmemory-policy", "noeviction")
    await redis.config_set("maxmemory", 1)
    yield
    await redis.config_set("maxmemory", "128mb")
    await redis.config_set("maxmemory-policy", "allkeys-lru")


@asynccontextmanager
async def read_only(_: Servers, redis: Redis) -> AsyncIterator[None]:
    """A replica without a primary goes on serving what it has, and takes no writes."""
    await redis.execute_command("REPLICAOF", "127.0.0.1", "1")  # type: ignore[no-untyped-call]
    yield
    await redis.execute_command("REPLICAOF", "NO", "ONE")  # type: ignore[no-untyped-call]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.05)
