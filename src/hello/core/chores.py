"""Chores: what a request leaves to one consumer, which does it afterwards, one chore after the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

PAUSES = wait_random_exponential(multiplier=0.1, max=5)
log = structlog.get_logger("hello.chores")


class Chore(Protocol):
    """Harmless to lose and to do twice; it waits for nothing without a deadline."""

    @property
    def name(self) -> str: ...

    async def do(self) -> None: ...


class ChoreMetrics(Protocol):
    def counted(self, chore: str, outcome: str) -> None:
        """Count one that is done, retried, failed, refused or dropped."""
        ...


Hand: TypeAlias = Callable[[Chore], None]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many may wait, how often one is tried, and how long the end is put off for what is left."""

    waiting: int = 100
    tries: int = 5
    drain_s: float = 2


@dataclass(slots=True, kw_only=True)
class Chores:
    """A bounded queue; made by `open_chores`."""

    metrics: ChoreMetrics
    patience: Patience
    sleep: Sleep
    is_open: bool = True
    _queue: asyncio.Queue[Chore] = field(init=False)

    def __post_init__(self) -> None:
        self._queue = asyncio.Queue(self.patience.waiting)

    def hand(self, chore: Chore) -> None:
        """Return at once; lose the chore when as many wait as may, and at the end of the process."""
        if self.is_open and not self._queue.full():
            self._queue.put_nowait(chore)
        else:
            self._lost(chore, "refused")

    async def consume(self) -> None:
        while True:
            await self._do(await self._queue.get())
            self._queue.task_done()

    async def drain(self) -> None:
        """Take no more, and wait for what is left, but not for ever."""
        self.is_open = False
        with suppress(TimeoutError):
            async with asyncio.timeout(self.patience.drain_s):
                await self._queue.join()

    def drop(self) -> None:
        while not self._queue.empty():
            self._lost(self._queue.get_nowait(), "dropped")

    async def _do(self, chore: Chore) -> None:
        try:
            await self._retrying(chore)(chore.do)
        except Exception:
            self.metrics.counted(chore.name, "failed")
            log.exception("chore failed", chore=chore.name)
        except asyncio.CancelledError:
            self._lost(chore, "dropped")
            if is_cancelled():
                raise
        else:
            self.metrics.counted(chore.name, "done")

    def _retrying(self, chore: Chore) -> AsyncRetrying:
        def count(_: RetryCallState) -> None:
            self.metrics.counted(chore.name, "retried")

        return AsyncRetrying(
            retry=retry_if_exception_type(Exception),
            stop=stop_after_attempt(self.patience.tries),
            wait=PAUSES,
            sleep=self.sleep,
            before_sleep=count,
            reraise=True,
        )

    def _lost(self, chore: Chore, outcome: str) -> None:
        self.metrics.counted(chore.name, outcome)
        log.warning("chore lost", chore=chore.name, outcome=outcome)


def is_cancelled() -> bool:
    """Tell whether this task itself was cancelled, and not only something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@asynccontextmanager
async def open_chores(
    metrics: ChoreMetrics, patience: Patience = Patience(), sleep: Sleep = asyncio.sleep
) -> AsyncIterator[Chores]:
    """Have chores done during the block, and what is left at its end until the deadline."""
    chores = Chores(metrics=metrics, patience=patience, sleep=sleep)
    consumer = asyncio.create_task(chores.consume(), name="chores")
    try:
        yield chores
    finally:
        await chores.drain()
        consumer.cancel()
        await asyncio.wait([consumer])
        chores.drop()
