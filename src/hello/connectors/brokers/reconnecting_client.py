"""A client that connects at the first use, and again after a fault."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Client = TypeVar("Client")


@dataclass(slots=True)
class ReconnectingClient(Generic[Client]):
    """A caller that stops waiting does not cancel the attempt: a half-open connection would leak."""

    open_client: Callable[[], Awaitable[Client]]
    close_client: Callable[[Client], Awaitable[object]]
    _opening: asyncio.Task[Client] | None = None
    _closing: set[asyncio.Task[None]] = field(default_factory=set)

    async def get(self) -> Client:
        """Return the shared client; raise what `open_client` raises. The next call tries again."""
        if self._opening is None or has_failed(self._opening):
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    def drop(self) -> None:
        """Close the connection in the background, if there is one."""
        if self._opening is not None and self._opening.done():
            task = asyncio.create_task(self._close(self._opening))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
            self._opening = None

    async def close(self) -> None:
        """Close the connection, and wait until it is closed."""
        if self._opening is not None:
            await asyncio.wait([self._opening])
        self.drop()
        if self._closing:
            await asyncio.wait(self._closing)

    async def _open(self) -> Client:
        return await self.open_client()

    async def _close(self, opened: asyncio.Task[Client]) -> None:
        if not has_failed(opened):
            with suppress(Exception):
                await self.close_client(opened.result())


def has_failed(opening: asyncio.Task[Client]) -> bool:
    return opening.done() and (opening.cancelled() or opening.exception() is not None)
