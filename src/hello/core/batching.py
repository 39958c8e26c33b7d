"""Natural batching: a few calls in flight, and whatever arrives meanwhile joins the next one.

No timer is waited for: an item that finds nothing in flight starts a call, with all that this turn of the
event loop brings. An item only joins a call that begins after it: no answer is older than its question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeAlias, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")
Result = TypeVar("Result")
Told: TypeAlias = Callable[[Result | None, Exception | None], None]


class OverloadedError(Exception):
    """More is waiting than is allowed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`deadline_s` is for each who waits, from arrival to result; beyond `waiting` keys nobody is let in.

    `overlap` begins the next call before the last one's results are told. That is better where the calls
    take longer than all else, and worse where they do not: their batches are smaller.
    """

    in_flight: int = 1
    overlap: bool = False
    batch: int = 1000
    waiting: int = 10_000
    deadline_s: float = 2


@dataclass(slots=True)
class Entry(Generic[Item, Result]):
    """One key of a batch: the item that counts, and those who wait for its result; each is told once."""

    item: Item
    arrived: float
    waiters: list[Told[Result]]

    def tell(self, result: Result | None, error: Exception | None) -> None:
        waiters, self.waiters = self.waiters, []
        for told in waiters:
            told(result, error)


Batch: TypeAlias = dict[Key, Entry[Item, Result]]


def tell_all(batch: Mapping[Key, Entry[Item, Result]], results: Mapping[Key, Result]) -> None:
    for key, entry in batch.items():
        entry.tell(results.get(key), None)


class Batcher(Generic[Key, Item, Result]):
    """Calls `call` with the items by key; who asks for what is missing from its answer gets None.

    Of several items for one key in a batch the last counts, and all who wait share its result. A batch that
    fails in a way that `may_be_one_item` is repeated item by item, in order, so that a bad one fails alone.
    """

    def __init__(
        self,
        call: Callable[[Mapping[Key, Item]], Awaitable[Mapping[Key, Result]]],
        bounds: Bounds,
        may_be_one_item: Callable[[Exception], bool],
    ) -> None:
        self._call, self._bounds, self._may_be_one_item = call, bounds, may_be_one_item
        self._waiting: Batch[Key, Item, Result] = {}
        self._flying: list[Batch[Key, Item, Result]] = []
        self._in_flight = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    async def do(self, key: Key, item: Item) -> Result | None:
        """Raise what the call raises, `TimeoutError` past the deadline, `OverloadedError` past the bound."""
        future: asyncio.Future[Result | None] = self._loop.create_future()

        def told(result: Result | None, error: Exception | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self.submit(key, item, told)
        return await future

    def submit(self, key: Key, item: Item, told: Told[Result]) -> None:
        """Call `told` with the result or the error, which must not raise; raise `OverloadedError`."""
        entry = self._waiting.get(key)
        if entry is None:
            self._enter(key, item, told)
        else:
            entry.item = item
            entry.waiters.append(told)
        if self._in_flight < self._bounds.in_flight:
            self._start()

    def _enter(self, key: Key, item: Item, told: Told[Result]) -> None:
        if len(self._waiting) >= self._bounds.waiting:
            raise OverloadedError
        now = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_at(now + self._bounds.deadline_s, self._fail_overdue)
        self._waiting[key] = Entry(item, now, [told])

    def _start(self) -> None:
        self._in_flight += 1
        task = self._loop.create_task(self._work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = self._take()
                self._flying.append(batch)
                await self._run(batch)
                self._flying.remove(batch)
        finally:
            self._in_flight -= 1

    def _take(self) -> Batch[Key, Item, Result]:
        if len(self._waiting) <= self._bounds.batch:
            taken, self._waiting = self._waiting, {}
            return taken
        keys = list(self._waiting)[: self._bounds.batch]
        return {key: self._waiting.pop(key) for key in keys}

    async def _run(self, batch: Mapping[Key, Entry[Item, Result]]) -> None:
        try:
            async with asyncio.timeout(self._bounds.deadline_s):
                results = await self._call({key: entry.item for key, entry in batch.items()})
        except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must be told
            await self._failed(batch, error)
        else:
            if self._bounds.overlap and self._waiting:
                self._loop.call_soon(tell_all, batch, results)
            else:
                tell_all(batch, results)

    async def _failed(self, batch: Mapping[Key, Entry[Item, Result]], error: Exception) -> None:
        if len(batch) > 1 and self._may_be_one_item(error):
            for key, entry in batch.items():
                await self._run({key: entry})
        else:
            for entry in batch.values():
                entry.tell(None, error)

    def _fail_overdue(self) -> None:
        """Tell those who have waited too long, and come back when the next one would have."""
        limit = self._loop.time() - self._bounds.deadline_s
        for key in [key for key, entry in self._waiting.items() if entry.arrived <= limit]:
            self._waiting.pop(key).tell(None, TimeoutError())
        flying = [entry for batch in self._flying for entry in batch.values() if entry.waiters]
        for entry in flying:
            if entry.arrived <= limit:
                entry.tell(None, TimeoutError())
        left = [entry.arrived for entry in chain(flying, self._waiting.values()) if entry.arrived > limit]
        self._timer = None
        if left:
            self._timer = self._loop.call_at(min(left) + self._bounds.deadline_s, self._fail_overdue)
