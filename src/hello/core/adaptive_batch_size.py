"""A batch size that shrinks after a failure: the batch may have been too large for the deadline."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(slots=True)
class AdaptiveBatchSize:
    """Halves after each failure and doubles after each success, up to `max_size`."""

    max_size: int
    _share: int = 1

    async def step(self, do: Callable[[int], Awaitable[int]]) -> bool:
        """Call `do` with the batch size; return whether it did a full batch, so there may be more."""
        limit = max(1, self.max_size // self._share)
        try:
            done = await do(limit)
        except Exception:
            self._share = min(2 * self._share, self.max_size)
            raise
        self._share = max(1, self._share // 2)
        return done == limit
