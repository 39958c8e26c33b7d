"""How much is done at once: less after a failure, since it may have been too much for the deadline."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(slots=True)
class AdaptiveBatchSize:
    """Half as much after each failure, and twice as much after each success, up to the most."""

    most: int
    _share: int = 1

    async def step(self, do: Callable[[int], Awaitable[int]]) -> bool:
        """Call with how much shall be done; return whether all of it was, so that there may be more."""
        limit = max(1, self.most // self._share)
        try:
            done = await do(limit)
        except Exception:
            self._share = min(2 * self._share, self.most)
            raise
        self._share = max(1, self._share // 2)
        return done == limit
