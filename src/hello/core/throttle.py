"""One expensive call at a time, and a pause after each, so that most of the process is left for others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


class ThrottledError(Exception):
    """Too many calls are waiting already."""


@dataclass(slots=True)
class Throttle:
    """Calls run in the order in which they came; more than `max_waiting` are refused at once."""

    pause_s: float
    max_waiting: int
    _waiting: int = 0
    _next_at: float = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Wait for the calls that came before; raise `ThrottledError`."""
        if self._waiting >= self.max_waiting:
            raise ThrottledError
        self._waiting += 1
        try:
            await self._lock.acquire()
        finally:
            self._waiting -= 1
        try:
            await self._pause()
            yield
        finally:
            self._next_at = asyncio.get_running_loop().time() + self.pause_s
            self._lock.release()

    async def _pause(self) -> None:
        if (left := self._next_at - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(left)
