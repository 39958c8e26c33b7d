"""Settle what the processes count: each adds its hits to the totals in Redis, and learns the totals.

A process refuses as soon as the hits that it knows of use the quota up. It settles 0.1 s after the first hit
that is not settled, and learns then of all hits that others have settled. So once the processes together have
admitted the quota, each one may admit more in at most two intervals of 0.1 s (plus the time of the call), and
alone never more than the quota. With one process the quota is exact.

Without Redis each process counts alone, and no hit waits. Hits are settled afterwards, if their window still
counts. Each process sends all its hits in a window, not only the new ones, so it may send them again whenever
an answer got lost, or Redis lost its data.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeAlias

import structlog

from hello.connectors.limits.guard import RedisGuard
from hello.connectors.limits.window_counts import WindowCounts, WindowHits
from hello.entities.errors import UnavailableError

SETTLE_AFTER_S = 0.1
BATCH = 200
"""Windows in one call: preparing more of them would delay requests by milliseconds."""
Sleep: TypeAlias = Callable[[float], Awaitable[None]]
log = structlog.get_logger("hello.limits")


class Totals(Protocol):
    """The hits of all processes in each window of each key."""

    async def update(self, batch: Sequence[WindowHits]) -> Sequence[int | Exception]:
        """Return for each window its new total, or an error if the hits are not counted."""
        ...


@dataclass(slots=True, kw_only=True)
class Settlement:
    counts: WindowCounts
    totals: Totals
    guard: RedisGuard
    sleep: Sleep = field(default=asyncio.sleep)

    async def run(self) -> None:
        """Settle until cancelled; there is a timer only while there are unsettled hits."""
        while True:
            await self.counts.has_unsettled.wait()
            await self.sleep(SETTLE_AFTER_S)
            try:
                await self.settle()
            except Exception:
                log.exception("limits could not be settled")

    async def settle(self) -> None:
        """Settle the hits counted so far; keep those that Redis does not count."""
        with suppress(UnavailableError):
            self.guard.breaker.check()
            taken = self.counts.take()
            try:
                while taken and await self._settle_batch(taken):
                    pass
            finally:
                for hits in taken:
                    self.counts.unsettle(hits)

    async def _settle_batch(self, taken: list[WindowHits]) -> bool:
        """Remove a batch of which Redis counts at least a part; return whether it counts all of it."""
        batch = taken[:BATCH]
        replies = await self.guard.run(partial(self.totals.update, batch))
        if replies is None:
            return False
        del taken[:BATCH]
        return self._use(batch, replies)

    def _use(self, batch: Sequence[WindowHits], replies: Sequence[int | Exception]) -> bool:
        errors = [reply for reply in replies if isinstance(reply, Exception)]
        for hits, reply in zip(batch, replies, strict=True):
            if isinstance(reply, Exception):
                self.counts.unsettle(hits)
            else:
                self.counts.learn(hits, reply)
        if errors:
            self.guard.failed(errors[0])
        else:
            self.guard.succeeded()
        return not errors


@asynccontextmanager
async def settling(settlement: Settlement) -> AsyncIterator[None]:
    """Settle during the block, and once more at its end, for as long as one call may take."""
    task = asyncio.create_task(settlement.run(), name="limits")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        with suppress(TimeoutError):
            async with asyncio.timeout(settlement.guard.timeout_s):
                await settlement.settle()
