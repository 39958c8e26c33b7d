"""A connection pool that serves first who has waited longest, and its metrics.

SQLAlchemy's own gives a returned connection to the task that asks next: under load some wait for seconds.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TypeVar

from prometheus_client import CollectorRegistry, Gauge, Histogram
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import await_only
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty

from hello.connectors.metrics import live_gauge

Item = TypeVar("Item")
WAIT_S = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class FairQueue(AsyncAdaptedQueue[Item]):
    """Only the task that holds the lock, which is fair, waits for the next item."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:  # noqa: FBT001, FBT002  # SQLAlchemy's own
        super().__init__(maxsize, use_lifo)
        self._first = asyncio.Lock()

    def get(self, block: bool = True, timeout: float | None = None) -> Item:  # noqa: FBT001, FBT002
        if not (self._first.locked() or self.empty()):
            return self.get_nowait()
        if not block:
            raise Empty
        try:
            return await_only(self._next(timeout))
        except TimeoutError:
            raise Empty from None

    async def _next(self, timeout_s: float | None) -> Item:
        async with asyncio.timeout(timeout_s), self._first:
            return await self._queue.get()


class FairPool(AsyncAdaptedQueuePool):
    _queue_class = FairQueue  # type: ignore[assignment]  # generic as its base


@dataclass(frozen=True, slots=True)
class PoolMetrics:
    """The label `pool` is the application name of the connections."""

    size: Gauge
    in_use: Gauge
    wait: Histogram


def pool_metrics(registry: CollectorRegistry) -> PoolMetrics:
    gauge = partial(live_gauge, registry, mode="livesum")
    size = gauge("database_pool_size", "Most connections that the pools may have.", "pool")
    in_use = gauge("database_pool_in_use", "Connections that are in use.", "pool")
    wait = Histogram(
        "database_pool_wait_seconds",
        "Time until a connection was free, or opened.",
        ("pool",),
        buckets=WAIT_S,
        registry=registry,
    )
    return PoolMetrics(size, in_use, wait)


def measured_pool(metrics: PoolMetrics, name: str, size: int) -> type[FairPool]:
    """Return a class of pool, since SQLAlchemy makes the pools itself, and again after each disposal."""
    metrics.size.labels(name).set(size)
    in_use, wait = metrics.in_use.labels(name), metrics.wait.labels(name)

    class MeasuredPool(FairPool):
        def connect(self) -> PoolProxiedConnection:
            start = perf_counter()
            try:
                return super().connect()
            finally:
                wait.observe(perf_counter() - start)
                in_use.set(self.checkedout())

        def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
            super()._do_return_conn(record)
            in_use.set(self.checkedout())

    return MeasuredPool
