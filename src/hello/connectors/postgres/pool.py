"""A connection pool that serves first who has waited longest.

SQLAlchemy's own gives a returned connection to the task that asks next: under load some wait for seconds.
"""

import asyncio
from typing import TypeVar

from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty

Item = TypeVar("Item")


class FairQueue(AsyncAdaptedQueue[Item]):
    """Only the task that holds the lock, which is fair, waits for the next item."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:  # noqa: FBT001, FBT002  # SQLAlchemy's own
        super().__init__(maxsize, use_lifo)
        self._first = asyncio.Lock()

    def get(self, block: bool = True, timeout: float | None = None) -> Item:  # noqa: FBT001, FBT002
        if not (self._first.locked() or self.empty()):
            return self.get_nowait()
        if not block:
            raise Empty
        try:
            return await_only(self._next(timeout))
        except TimeoutError:
            raise Empty from None

    async def _next(self, timeout_s: float | None) -> Item:
        async with asyncio.timeout(timeout_s), self._first:
            return await self._queue.get()


class FairPool(AsyncAdaptedQueuePool):
    _queue_class = FairQueue  # type: ignore[assignment]  # generic as its base
