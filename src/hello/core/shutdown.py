"""Whether the process has been told to stop, and waiting no longer than until then."""

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
        """Wait for the work, but no longer than until the stop: None then; what it raises, this raises."""
        return await AnySignal((self,)).race(work)


@dataclass(frozen=True, slots=True)
class AnySignal:
    """The first of several stops."""

    stops: Sequence[ShutdownSignal]

    @property
    def is_set(self) -> bool:
        return any(stop.is_set for stop in self.stops)

    async def race(self, work: Awaitable[Result]) -> Result | None:
        """Do as `ShutdownSignal.race` does."""
        task = asyncio.ensure_future(work)
        tasks = [task, *(asyncio.ensure_future(stop.wait()) for stop in self.stops)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.wait(tasks)
