"""Counts in the process, of a bounded number of keys."""

from time import time

from limits.aio.storage import MemoryStorage


class BoundedMemory(MemoryStorage):
    """Forgets the oldest key when there are `most`; the library would look through all of them at each hit.

    Nothing here waits, so that hits at the same time are counted one after the other.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        counted = await self.get(key) + amount
        if key not in self.expirations:
            await self._make_room()
            self.expirations[key] = time() + expiry
        self.storage[key] = counted
        return counted

    async def _make_room(self) -> None:
        while len(self.expirations) >= self.most:
            await self.clear(next(iter(self.expirations)))
