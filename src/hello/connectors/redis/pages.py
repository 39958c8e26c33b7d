"""Cache-aside with leases: pages that are never stale once their change has been acknowledged (ADR 7).

Each group is one hash that runs out `lease` after it was made: a token, the pages, and who is filling which.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from secrets import token_hex
from typing import Any, Protocol, TypeAlias, TypeVar

import structlog
from redis.exceptions import RedisClusterException, RedisError

from hello.connectors.redis.breaker import Breaker
from hello.connectors.redis.client import fault_reason
from hello.connectors.redis.metrics import CacheMetrics
from hello.core.flights import Flights
from hello.entities.errors import UnavailableError
from hello.services.ports import Load

CLAIM = """
if redis.call('HSETNX', KEYS[1], 'token', ARGV[2]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return {redis.call('HGET', KEYS[1], 'token'), redis.call('HSETNX', KEYS[1], 'filling ' .. ARGV[1], '')}
"""
FILL = """
if redis.call('HGET', KEYS[1], 'token') == ARGV[2] then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
"""
WAIT_STEPS, WAIT_STEP_S = 10, 0.01
JITTER = 0.2
FAULTS = (RedisError, RedisClusterException, OSError, TimeoutError)
Answer = TypeVar("Answer")
Command: TypeAlias = Callable[..., Awaitable[Answer]]
log = structlog.get_logger("hello.cache")


class RedisLike(Protocol):
    """What is used of redis-py's clients, of one server or of a cluster: each call concerns one hash slot."""

    def hdel(self, name: str, *keys: str) -> Awaitable[Any]: ...
    def hget(self, name: str, key: str) -> Awaitable[Any]: ...
    def unlink(self, *names: str) -> Awaitable[Any]: ...
    def eval(self, script: str, numkeys: int, *keys_and_args: str | bytes | int) -> Awaitable[Any]: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reader was told who did not find the page: the token of the group, and whether it shall fill."""

    token: str
    is_filler: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisPages:
    """`lease_s` is how long a page may be served at most after its loading began, in seconds."""

    redis: RedisLike
    lease_s: float
    timeout_s: float
    breaker: Breaker
    metrics: CacheMetrics
    random: Random
    _flights: Flights[tuple[str, str], bytes] = field(default_factory=Flights)
    _drops: Flights[tuple[str, ...], bool] = field(default_factory=Flights)

    async def get(self, group: str, page: str, load: Load) -> bytes:
        return await self._flights.join((group, page), partial(self._get, group, page, load))

    async def drop(self, groups: Collection[str]) -> None:
        """Drop all in one round trip, which callers at once share.

        Without Redis each waits until what was loaded before its own call has run out: one lease at most.
        """
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self.lease_s
        if not await self._drops.join(tuple(groups), partial(self._unlink, groups)):
            await asyncio.sleep(ends_at - loop.time())

    async def _unlink(self, groups: Collection[str]) -> bool:
        """Return whether Redis has done it."""
        try:
            await self._call(self.redis.unlink, *groups)
        except UnavailableError:
            self.metrics.drops.labels("waited").inc()
            return False
        self.metrics.drops.labels("acknowledged").inc()
        return True

    async def _get(self, group: str, page: str, load: Load) -> bytes:
        try:
            cached: bytes | None = await self._call(self.redis.hget, group, page)
            claim = None if cached is not None else await self._claim(group, page)
        except UnavailableError:
            self.metrics.requests.labels("bypass").inc()
            return await load()
        self.metrics.requests.labels("miss" if claim else "hit").inc()
        return await self._load(claim, group, page, load) if claim else cached or b""

    async def _load(self, claim: Claim, group: str, page: str, load: Load) -> bytes:
        """Load and fill, or wait a little for the process that does."""
        if not claim.is_filler:
            return await self._filled_by_another(group, page) or await load()
        try:
            loaded = await load()
        except Exception:
            await self._give_up(group, page)
            raise
        with suppress(UnavailableError):
            await self._call(self.redis.eval, FILL, 1, group, page, claim.token, loaded)
        return loaded

    async def _give_up(self, group: str, page: str) -> None:
        """Let the next reader load at once, instead of waiting for a page that does not come."""
        with suppress(UnavailableError):
            await self._call(self.redis.hdel, group, f"filling {page}")

    async def _claim(self, group: str, page: str) -> Claim:
        lease_ms = round(1000 * self.lease_s * (1 - JITTER * self.random.random()))
        token, is_filler = await self._call(self.redis.eval, CLAIM, 1, group, page, token_hex(8), lease_ms)
        return Claim(token.decode(), bool(is_filler))

    async def _filled_by_another(self, group: str, page: str) -> bytes | None:
        with suppress(UnavailableError):
            for _ in range(WAIT_STEPS):
                await asyncio.sleep(WAIT_STEP_S)
                cached: bytes | None = await self._call(self.redis.hget, group, page)
                if cached is not None:
                    return cached
        return None

    async def _call(self, command: Command[Answer], *given: str | bytes | int) -> Answer:
        """Raise `UnavailableError` after the time-out or on a fault, at once while the breaker is open."""
        self.breaker.check()
        try:
            async with asyncio.timeout(self.timeout_s):
                answer = await command(*given)
        except FAULTS as error:
            self._failed(error)
            raise UnavailableError("Redis did not do its work") from error
        self._succeeded()
        return answer

    def _failed(self, error: Exception) -> None:
        was_open = self.breaker.is_open
        self.breaker.failed()
        self.metrics.failed(is_open=self.breaker.is_open)
        if self.breaker.is_open and not was_open:
            log.warning("cache is unavailable, answering from the database", reason=fault_reason(error))

    def _succeeded(self) -> None:
        if self.breaker.is_open:
            log.warning("cache is available again")
        self.breaker.succeeded()
        self.metrics.succeeded()
