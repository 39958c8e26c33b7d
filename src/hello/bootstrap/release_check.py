"""The wiring of the metric gate, which needs neither a database nor settings."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from hello.connectors.prometheus import open_metrics
from hello.services.release_check import ReleaseCheckService


@asynccontextmanager
async def open_release_check(
    url: str, timer: Callable[[], float], sleep: Callable[[float], Awaitable[object]]
) -> AsyncIterator[ReleaseCheckService]:
    async with open_metrics(url) as metrics:
        yield ReleaseCheckService(metrics=metrics, timer=timer, sleep=sleep)
