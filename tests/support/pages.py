"""Something to cache, of which a test knows when it is loaded."""

import asyncio

from hello.services.ports import Stamp


class PageSource:
    """What is cached: `current` is what a load finds when it begins; it answers when the gate opens."""

    def __init__(self) -> None:
        self.current, self.loads = b"old", 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> bytes:
        self.loads += 1
        found = self.current
        await self.gate.wait()
        return found


def stamp_of(value: int) -> Stamp:
    async def stamp() -> int:
        return value

    return stamp
