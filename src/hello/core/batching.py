"""Natural batching: a few calls are in flight, and items that arrive meanwhile join the next call.

There are no timers: an item that finds no call in flight starts one, with everything that this turn of the
event loop brings. An item only joins a call that starts after it arrived, so reads never return older data.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Context
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeAlias, TypeVar

import structlog

Key = TypeVar("Key")
Item = TypeVar("Item")
Result = TypeVar("Result")
log = structlog.get_logger("hello.batching")
Callback: TypeAlias = Callable[[Result | None, Exception | None], None]


class OverloadedError(Exception):
    """Too many callers are waiting."""


class CancelledBatchError(Exception):
    """The task of the call was cancelled; its outcome is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`deadline_s` runs from the first arrival for a key to the result; `waiting` bounds the callers.

    `overlap` starts the next call before the previous call's callbacks run. That is faster where calls
    dominate the time, and slower elsewhere, since it makes the batches smaller.
    """

    in_flight: int = 1
    overlap: bool = False
    batch: int = 1000
    waiting: int = 10_000
    deadline_s: float = 2


@dataclass(slots=True)
class Entry(Generic[Item, Result]):
    """One key of a batch: its latest item and the callbacks that wait for the result, each called once."""

    item: Item
    arrived: float
    waiters: list[Callback[Result]]

    def resolve(self, result: Result | None, error: Exception | None) -> None:
        """Call every waiter; one that raises does not affect the others."""
        waiters, self.waiters = self.waiters, []
        for callback in waiters:
            try:
                callback(result, error)
            except Exception:
                log.exception("a callback failed")


Batch: TypeAlias = dict[Key, Entry[Item, Result]]
Measure: TypeAlias = Callable[[int, float], None]
"""Takes the number of keys in a batch, and the seconds for which its first caller waited for the answer."""


def measure_nothing(size: int, wait_s: float) -> None:
    """Take the figures of a batch."""


class Batcher(Generic[Key, Item, Result]):
    """Calls `call` with the items by key; a key that is missing from its result gets None.

    Of several items for one key in a batch the last wins, and all callers share its result. When
    `may_be_one_item(error)`, a failed batch is repeated item by item, in order, so a bad item fails alone.
    """

    def __init__(
        self,
        call: Callable[[Mapping[Key, Item]], Awaitable[Mapping[Key, Result]]],
        bounds: Bounds,
        may_be_one_item: Callable[[Exception], bool],
        measure: Measure = measure_nothing,
    ) -> None:
        self._call, self._bounds, self._may_be_one_item = call, bounds, may_be_one_item
        self._measure = measure
        self._waiting: Batch[Key, Item, Result] = {}
        self._running: list[Batch[Key, Item, Result]] = []
        self._in_flight = self._waiters = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    async def do(self, key: Key, item: Item) -> Result | None:
        """Raise the call's error, `TimeoutError` past the deadline, or `OverloadedError` past the bound."""
        future: asyncio.Future[Result | None] = self._loop.create_future()

        def callback(result: Result | None, error: Exception | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self.submit(key, item, callback)
        return await future

    def submit(self, key: Key, item: Item, callback: Callback[Result]) -> None:
        """Call `callback` once with the result or the error; raise `OverloadedError` past the bound."""
        if self._waiters >= self._bounds.waiting:
            raise OverloadedError
        self._waiters += 1
        entry = self._waiting.get(key)
        if entry is None:
            self._enter(key, item, callback)
        else:
            entry.item = item
            entry.waiters.append(callback)
        if self._in_flight < self._bounds.in_flight:
            self._start()

    @property
    def in_flight(self) -> int:
        """The number of batches that are taken and not answered yet."""
        return len(self._running)

    def _enter(self, key: Key, item: Item, callback: Callback[Result]) -> None:
        now = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_at(now + self._bounds.deadline_s, self._fail_overdue)
        self._waiting[key] = Entry(item, now, [callback])

    def _start(self) -> None:
        """Work in a context of its own: a batch does not belong to the caller who comes first."""
        self._in_flight += 1
        task = self._loop.create_task(self._work(), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = self._take()
                self._running.append(batch)
                await self._run(batch)
        finally:
            self._in_flight -= 1

    def _take(self) -> Batch[Key, Item, Result]:
        if len(self._waiting) <= self._bounds.batch:
            taken, self._waiting, self._waiters = self._waiting, {}, 0
            return taken
        keys = list(self._waiting)[: self._bounds.batch]
        taken = {key: self._waiting.pop(key) for key in keys}
        self._waiters -= sum(len(entry.waiters) for entry in taken.values())
        return taken

    async def _run(self, batch: Batch[Key, Item, Result]) -> None:
        """Answer every waiter, even when the task of the batch is cancelled."""
        try:
            results = await self._result_of(batch)
        except Exception as error:  # noqa: BLE001  # every waiter gets any error
            if len(batch) > 1 and self._may_be_one_item(error):
                await self._run_one_by_one(batch)
            self._answer(batch, {}, error)
        except BaseException:
            self._answer(batch, {}, CancelledBatchError())
            raise
        else:
            if self._bounds.overlap and self._waiting:
                self._loop.call_soon(self._answer, batch, results, None)
            else:
                self._answer(batch, results, None)

    async def _result_of(self, batch: Batch[Key, Item, Result]) -> Mapping[Key, Result]:
        async with asyncio.timeout(self._bounds.deadline_s):
            return await self._call({key: entry.item for key, entry in batch.items()})

    async def _run_one_by_one(self, batch: Batch[Key, Item, Result]) -> None:
        for key, entry in batch.items():
            try:
                results = await self._result_of({key: entry})
            except Exception as error:  # noqa: BLE001
                entry.resolve(None, error)
            else:
                entry.resolve(results.get(key), None)

    def _answer(
        self, batch: Batch[Key, Item, Result], results: Mapping[Key, Result], error: Exception | None
    ) -> None:
        """Call the remaining waiters; until then the batch counts as in flight."""
        for key, entry in batch.items():
            entry.resolve(results.get(key), error)
        self._running.remove(batch)
        self._measure(len(batch), self._loop.time() - next(iter(batch.values())).arrived)

    def _fail_overdue(self) -> None:
        """Fail the entries past their deadline, and set the timer for the next deadline."""
        limit = self._loop.time() - self._bounds.deadline_s
        for key in [key for key, entry in self._waiting.items() if entry.arrived <= limit]:
            entry = self._waiting.pop(key)
            self._waiters -= len(entry.waiters)
            entry.resolve(None, TimeoutError())
        in_flight = [entry for batch in self._running for entry in batch.values() if entry.waiters]
        for entry in in_flight:
            if entry.arrived <= limit:
                entry.resolve(None, TimeoutError())
        waiting = [
            entry.arrived for entry in chain(in_flight, self._waiting.values()) if entry.arrived > limit
        ]
        self._timer = None
        if waiting:
            self._timer = self._loop.call_at(min(waiting) + self._bounds.deadline_s, self._fail_overdue)
