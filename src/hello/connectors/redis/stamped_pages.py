"""Pages that PostgreSQL validates: each is stored with the stamp of its source, and valid while it lasts.

A change replaces the stamp in its own transaction, so pages need no drop and are never stale (ADR 29).
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

MAX_LOCAL_PAGES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisStampedPages:
    """Redis keeps a page for `lease_s` seconds, and so does the process for its most recently used pages.

    The lease covers what no stamp shows: a clock that is a day off, or an older release during an upgrade.
    """

    guarded: GuardedRedis
    lease_s: float
    _single_flight: SingleFlight[str, bytes] = field(default_factory=SingleFlight)
    _local: OrderedDict[str, tuple[float, bytes]] = field(default_factory=OrderedDict)

    async def get(self, page: str, stamp: Stamp, load: Load) -> bytes:
        return await self._single_flight.share(page, partial(self._get, page, stamp, load))

    async def _get(self, page: str, stamp: Stamp, load: Load) -> bytes:
        prefix = b"%d\n" % await stamp()
        now = asyncio.get_running_loop().time()
        until, stamped = self._local.get(page, (now, b""))
        if until <= now or not stamped.startswith(prefix):
            stamped = await self._get_shared(page, prefix, load)
            self._store_locally(page, now + self.lease_s, stamped)
        else:
            self._count("hit")
        return stamped.removeprefix(prefix)

    def _store_locally(self, page: str, until: float, stamped: bytes) -> None:
        self._local[page] = until, stamped
        self._local.move_to_end(page)
        if len(self._local) > MAX_LOCAL_PAGES:
            self._local.popitem(last=False)

    async def _get_shared(self, page: str, prefix: bytes, load: Load) -> bytes:
        """Return the page that another process loaded since the last change, or load it for all processes."""
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
            self.guarded.metrics.fills.inc()
        return loaded

    def _count(self, outcome: str) -> None:
        self.guarded.metrics.requests.labels(outcome).inc()


class NoStampedPages:
    """The cache when Redis is not configured: it loads each page."""

    async def get(self, page: str, stamp: Stamp, load: Load) -> bytes:  # noqa: ARG002
        return await load()
