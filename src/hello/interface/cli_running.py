"""A tool's work: on the database that is configured, else on the one of `hello run` nearby."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

from hello.core.settings import Settings
from hello.interface.cli_commands import Commands

Means = TypeVar("Means")
Answer = TypeVar("Answer")


def run_near(
    commands: Commands,
    data_dir: Path,
    opened: Callable[[Settings], AbstractAsyncContextManager[Means]],
    work: Callable[[Means], Awaitable[Answer]],
) -> Answer:
    """Return what the work does with what is opened for it."""

    async def run() -> Answer:
        async with opened(settings) as means:
            return await work(means)

    with commands.settings_near(data_dir) as settings:
        return asyncio.run(run())
