"""One expensive call at a time with a pause after each, which leaves most of the process to other work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


class ThrottledError(Exception):
    """Too many calls are waiting already."""


@dataclass(slots=True)
class Throttle:
    """Calls run in order of arrival; beyond `max_waiting` they are refused at once."""

    pause_s: float
    max_waiting: int
    _waiting: int = 0
    _next_at: float = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Wait for the earlier calls; raise `ThrottledError` if too many wait."""
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
        if (pause_s := self._next_at - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(pause_s)
