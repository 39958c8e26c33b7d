"""The totals of all processes in Redis or Valkey: one number for each key and window."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hello.connectors.limits.window_counts import WindowHits

PREFIX = "limit:settled"


@dataclass(frozen=True, slots=True)
class RedisTotals:
    """No command needs two keys, so that `redis` may be the client of a cluster."""

    redis: Any

    async def add(self, batch: Sequence[WindowHits]) -> Sequence[int | Exception]:
        """Return the new total of each window, or why its hits are not counted, in one round trip.

        A number expires two windows after it was created, however the process ends in between.
        """
        pipeline = self.redis.pipeline(transaction=False)
        for hits in batch:
            if hits.hits:
                pipeline.set(name_of(hits), 0, ex=2 * hits.window_s, nx=True)
        for hits in batch:
            if hits.hits:
                pipeline.incrby(name_of(hits), hits.hits)
            else:
                pipeline.get(name_of(hits))
        replies = await pipeline.execute(raise_on_error=False)
        return [
            reply if isinstance(reply, Exception) else int(reply or 0) for reply in replies[-len(batch) :]
        ]

    async def check(self) -> None:
        """Raise an error of Redis unless it answers."""
        await self.redis.ping()


def name_of(hits: WindowHits) -> str:
    group, key = hits.key
    return f"{PREFIX}:{group}/{key}/{hits.window_s}/{hits.window}"
