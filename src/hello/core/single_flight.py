"""Single flight: one call per key at a time; callers that arrive meanwhile share the next call.

Unlike the usual single flight, callers never join a running call: it may return older data.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True)
class SingleFlight(Generic[Key, Value]):
    """Each call runs in a separate task, so a cancelled caller does not cancel it for the others."""

    _running: dict[Key, asyncio.Task[Value]] = field(default_factory=dict)
    _pending: dict[Key, asyncio.Task[Value]] = field(default_factory=dict)

    async def share(self, key: Key, call: Callable[[], Awaitable[Value]]) -> Value:
        """Await a shared call that starts after now; raise its error."""
        return await asyncio.shield(self.start(key, call))

    def start(self, key: Key, call: Callable[[], Awaitable[Value]]) -> asyncio.Task[Value]:
        """Return the task of a call that starts after now; it is shared, so do not cancel it."""
        task = self._pending.get(key)
        if task is None:
            task = self._pending[key] = asyncio.create_task(self._run(key, call))
        return task

    async def _run(self, key: Key, call: Callable[[], Awaitable[Value]]) -> Value:
        if previous := self._running.get(key):
            await asyncio.wait([previous])
        task = self._running[key] = self._pending.pop(key)
        try:
            return await call()
        finally:
            if self._running.get(key) is task:
                del self._running[key]
