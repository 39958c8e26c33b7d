"""Bounded concurrency, grouping, and work for the length of a block."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def group_by(items: Iterable[Item], key: Callable[[Item], Hashable]) -> Sequence[Sequence[Item]]:
    """Return one group per key; groups and items keep their order."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


async def gather_bounded(
    limit: int, work: Callable[[Item], Awaitable[Result]], items: Iterable[Item]
) -> Sequence[Result]:
    """Do the work for each item, at most `limit` at once; raise the first error and cancel the rest."""
    semaphore = asyncio.Semaphore(limit)

    async def bounded(item: Item) -> Result:
        async with semaphore:
            return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(bounded(item)) for item in items]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


@asynccontextmanager
async def running(*work: Coroutine[Any, Any, Any]) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Run the work during the block, and cancel it at the end in reverse order."""
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    try:
        yield tasks
    finally:
        for task in reversed(tasks):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
