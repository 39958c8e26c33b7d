"""The totals of all processes in Redis or Valkey: one hash for each key and window."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from hello.connectors.limits.window_counts import WindowHits

PREFIX = "limit:settled"
ADD = """
local more = ARGV[2] - (redis.call('HGET', KEYS[1], ARGV[1]) or 0)
if more > 0 then
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
    redis.call('HINCRBY', KEYS[1], 'total', more)
    redis.call('EXPIRE', KEYS[1], ARGV[3])
end
return redis.call('HGET', KEYS[1], 'total')
"""


@dataclass(frozen=True, slots=True)
class RedisTotals:
    """No command needs two keys, so that `redis` may be the client of a cluster.

    A hash holds the total, and what each source of it has sent last. It expires after two windows.
    """

    redis: Any
    process: str = field(default_factory=lambda: token_hex(8))

    async def update(self, batch: Sequence[WindowHits]) -> Sequence[int | Exception]:
        """Return the new total of each window, or why its hits are not counted, in one round trip."""
        pipeline = self.redis.pipeline(transaction=False)
        for hits in batch:
            if hits.hits:
                source, expiry_s = f"{self.process}/{hits.source}", 2 * hits.window_s
                pipeline.eval(ADD, 1, name_of(hits), source, hits.hits, expiry_s)
            else:
                pipeline.hget(name_of(hits), "total")
        replies = await pipeline.execute(raise_on_error=False)
        return [reply if isinstance(reply, Exception) else int(reply or 0) for reply in replies]


def name_of(hits: WindowHits) -> str:
    group, key = hits.key
    return f"{PREFIX}:{group}/{key}/{hits.window_s}/{hits.window}"
