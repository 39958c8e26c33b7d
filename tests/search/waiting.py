"""Waiting for what an engine or a process does, without blocking the event loop."""

import asyncio
from collections.abc import Callable

PAUSE_S, PATIENCE_S = 0.02, 60


async def wait_for(condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Raise `TimeoutError` when it does not become true."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(PAUSE_S)
