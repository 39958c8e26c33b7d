"""Waiting until something has become so."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from tests.chaos.facts import unfinished
from tests.chaos.watcher import Watcher

POLL_S, START_S, SETTLE_S = 0.2, 60, 120
FINISHED = {"moving": 0, "unpublished": 0, "unhandled": 0, "unconfirmed": 0}
Value = TypeVar("Value")


async def until(find: Callable[[], Awaitable[Value]], wanted: Value, patience_s: float) -> None:
    """Return when it finds what is wanted; a fault in between is like finding something else."""
    found: Value | Exception | None = None
    try:
        async with asyncio.timeout(patience_s):
            while found != wanted:
                await asyncio.sleep(POLL_S)
                try:
                    found = await find()
                except Exception as error:  # noqa: BLE001
                    found = error
    except TimeoutError:
        raise AssertionError(f"after {patience_s} s it was {found!r}, not {wanted!r}") from None


async def until_up(url: str) -> None:
    async def is_up() -> bool:
        async with httpx.AsyncClient(base_url=url) as client:
            return (await client.get("/api/v1/health/ready")).is_success

    await until(is_up, wanted=True, patience_s=START_S)


async def until_finished(database_url: str, watcher: Watcher) -> None:
    """Return when nothing moves any more, and all has been published, consumed and confirmed."""

    async def left() -> dict[str, int]:
        return {**await unfinished(database_url), "unconfirmed": await watcher.unconfirmed()}

    await until(left, FINISHED, SETTLE_S)
