"""Cache-aside with leases: no page is stale once its change has been acknowledged (ADR 7).

Each group is one hash that expires one lease after its creation. It holds a token, the pages, and a marker
for each page that a process is loading.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from secrets import token_hex

from hello.connectors.redis.guarded import GuardedRedis
from hello.core.single_flight import SingleFlight
from hello.entities.errors import UnavailableError
from hello.services.ports import Load

CLAIM = """
if redis.call('HSETNX', KEYS[1], 'token', ARGV[2]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return {redis.call('HGET', KEYS[1], 'token'), redis.call('HSETNX', KEYS[1], 'filling ' .. ARGV[1], '')}
"""
FILL = """
if redis.call('HGET', KEYS[1], 'token') == ARGV[2] then
    return redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
"""
WAIT_STEPS, WAIT_STEP_S = 10, 0.01
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Claim:
    """The result of a cache miss: the group's token, and whether this reader loads and stores the page."""

    token: str
    is_filler: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisPages:
    """`lease_s` is the maximum time in seconds that a page is served after its load started."""

    guarded: GuardedRedis
    lease_s: float
    random: Random
    _single_flight: SingleFlight[tuple[str, str], bytes] = field(default_factory=SingleFlight)
    _drops: SingleFlight[str, bool] = field(default_factory=SingleFlight)

    async def get(self, group: str, page: str, load: Load) -> bytes:
        return await self._single_flight.share((group, page), partial(self._get, group, page, load))

    async def drop(self, group: str) -> None:
        """Drop the group in one round trip, which concurrent callers share.

        Without Redis each caller waits until pages loaded before its call have expired: at most one lease.
        """
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self.lease_s
        if not await self._drops.share(group, partial(self._unlink, group)):
            await asyncio.sleep(ends_at - loop.time())

    async def _unlink(self, group: str) -> bool:
        """Return whether Redis acknowledged."""
        try:
            await self.guarded.call(self.guarded.redis.unlink, group)
        except UnavailableError:
            self.guarded.metrics.drops.labels("waited").inc()
            return False
        self.guarded.metrics.drops.labels("acknowledged").inc()
        return True

    async def _get(self, group: str, page: str, load: Load) -> bytes:
        try:
            cached: bytes | None = await self.guarded.call(self.guarded.redis.hget, group, page)
            claim = None if cached is not None else await self._claim(group, page)
        except UnavailableError:
            self.guarded.metrics.requests.labels("bypass").inc()
            return await load()
        self.guarded.metrics.requests.labels("miss" if claim else "hit").inc()
        return await self._load(claim, group, page, load) if claim else cached or b""

    async def _load(self, claim: Claim, group: str, page: str, load: Load) -> bytes:
        """Load and store the page, or wait briefly for the process that does."""
        if not claim.is_filler:
            return await self._wait_for_page(group, page) or await load()
        try:
            loaded = await load()
        except Exception:
            await self._release_claim(group, page)
            raise
        with suppress(UnavailableError):
            arguments = FILL, 1, group, page, claim.token, loaded
            if await self.guarded.call(self.guarded.redis.eval, *arguments) is not None:
                self.guarded.metrics.fills.inc()
        return loaded

    async def _release_claim(self, group: str, page: str) -> None:
        """Let the next reader load at once instead of waiting for a page that never arrives."""
        with suppress(UnavailableError):
            await self.guarded.call(self.guarded.redis.hdel, group, f"filling {page}")

    async def _claim(self, group: str, page: str) -> Claim:
        lease_ms = round(1000 * self.lease_s * (1 - JITTER * self.random.random()))
        arguments = CLAIM, 1, group, page, token_hex(8), lease_ms
        token, is_filler = await self.guarded.call(self.guarded.redis.eval, *arguments)
        return Claim(token.decode(), bool(is_filler))

    async def _wait_for_page(self, group: str, page: str) -> bytes | None:
        with suppress(UnavailableError):
            for _ in range(WAIT_STEPS):
                await asyncio.sleep(WAIT_STEP_S)
                cached: bytes | None = await self.guarded.call(self.guarded.redis.hget, group, page)
                if cached is not None:
                    return cached
        return None


class NoPages:
    """The cache when Redis is not configured: it loads each page."""

    async def get(self, group: str, page: str, load: Load) -> bytes:  # noqa: ARG002
        return await load()

    async def drop(self, group: str) -> None:
        """Do nothing, since nothing is cached."""
