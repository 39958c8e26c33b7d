"""One call in flight for each key; whoever asks meanwhile shares the next one.

Unlike the usual single flight, nobody joins a call that has begun: its answer may be older than the question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True)
class SingleFlight(Generic[Key, Value]):
    """A call runs in a task of its own, so that a caller who gives up does not take it from the others."""

    _running: dict[Key, asyncio.Task[Value]] = field(default_factory=dict)
    _pending: dict[Key, asyncio.Task[Value]] = field(default_factory=dict)

    async def share(self, key: Key, call: Callable[[], Awaitable[Value]]) -> Value:
        """Share a call that begins after now; raise what it raises."""
        return await asyncio.shield(self.start(key, call))

    def start(self, key: Key, call: Callable[[], Awaitable[Value]]) -> asyncio.Task[Value]:
        """Return the task of a call that begins after now; it is shared, so do not cancel it."""
        task = self._pending.get(key)
        if task is None:
            task = self._pending[key] = asyncio.create_task(self._run(key, call))
        return task

    async def _run(self, key: Key, call: Callable[[], Awaitable[Value]]) -> Value:
        if before := self._running.get(key):
            await asyncio.wait([before])
        task = self._running[key] = self._pending.pop(key)
        try:
            return await call()
        finally:
            if self._running.get(key) is task:
                del self._running[key]
