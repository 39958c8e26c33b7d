"""The shutdown signal, and waits that end with it."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class ShutdownSignal:
    """Set once, for good."""

    _event: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()

    async def race(self, work: Awaitable[Result]) -> Result | None:
        """Return or raise what the work does; at shutdown cancel it and return None."""
        return await AnySignal((self,)).race(work)


@dataclass(frozen=True, slots=True)
class AnySignal:
    """Set when any of several signals is set."""

    signals: Sequence[ShutdownSignal]

    @property
    def is_set(self) -> bool:
        return any(signal.is_set for signal in self.signals)

    async def race(self, work: Awaitable[Result]) -> Result | None:
        """Work like `ShutdownSignal.race`."""
        task = asyncio.ensure_future(work)
        tasks = [task, *(asyncio.ensure_future(signal.wait()) for signal in self.signals)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for pending in tasks:
                pending.cancel()
            await asyncio.wait(tasks)
