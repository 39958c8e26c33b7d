"""Pages that PostgreSQL validates: each is kept with the stamp of its source, and served while that lasts.

A change replaces the stamp in its own transaction: no page need be dropped, and none is stale (ADR 29).
"""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from hello.connectors.redis.guarded import GuardedRedis
from hello.core.single_flight import SingleFlight
from hello.entities.errors import UnavailableError
from hello.services.ports import Load, Stamp

MAX_KEPT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisStampedPages:
    """Redis keeps a page for `lease_s` seconds, and so does the process, for those that were asked for last.

    The lease is for what no stamp shows: a clock that is a day off, a former release during an upgrade.
    """

    guarded: GuardedRedis
    lease_s: float
    _single_flight: SingleFlight[str, bytes] = field(default_factory=SingleFlight)
    _kept: OrderedDict[str, tuple[float, bytes]] = field(default_factory=OrderedDict)

    async def get(self, page: str, stamp: Stamp, load: Load) -> bytes:
        return await self._single_flight.share(page, partial(self._get, page, stamp, load))

    async def _get(self, page: str, stamp: Stamp, load: Load) -> bytes:
        prefix = b"%d\n" % await stamp()
        now = asyncio.get_running_loop().time()
        until, stamped = self._kept.get(page, (now, b""))
        if until <= now or not stamped.startswith(prefix):
            stamped = await self._shared(page, prefix, load)
            self._keep(page, now + self.lease_s, stamped)
        else:
            self._count("hit")
        return stamped.removeprefix(prefix)

    def _keep(self, page: str, until: float, stamped: bytes) -> None:
        self._kept[page] = until, stamped
        self._kept.move_to_end(page)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)

    async def _shared(self, page: str, prefix: bytes, load: Load) -> bytes:
        """Return what another process has loaded since the last change, or load it for all."""
        try:
            cached: bytes | None = await self.guarded.call(self.guarded.redis.get, page)
        except UnavailableError:
            self._count("bypass")
            return prefix + await load()
        if cached and cached.startswith(prefix):
            self._count("hit")
            return cached
        self._count("miss")
        loaded = prefix + await load()
        with suppress(UnavailableError):
            await self.guarded.call(self.guarded.redis.psetex, page, round(1000 * self.lease_s), loaded)
        return loaded

    def _count(self, outcome: str) -> None:
        self.guarded.metrics.requests.labels(outcome).inc()
