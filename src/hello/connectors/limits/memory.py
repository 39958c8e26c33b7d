"""Counts in the process, for a bounded number of keys."""

from time import time

from limits.aio.storage import MemoryStorage


class BoundedMemory(MemoryStorage):
    """Forgets the oldest key at `max_keys`; the library would search all keys at each hit.

    No method awaits I/O, so concurrent hits are counted one after the other.
    """

    def __init__(self, max_keys: int) -> None:
        super().__init__()
        self.max_keys = max_keys

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        counted = await self.get(key) + amount
        if key not in self.expirations:
            await self._make_room()
            self.expirations[key] = time() + expiry
        self.storage[key] = counted
        return counted

    async def _make_room(self) -> None:
        while len(self.expirations) >= self.max_keys:
            await self.clear(next(iter(self.expirations)))
