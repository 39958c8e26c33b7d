"""Concurrency with a bound, and grouping: calls run side by side, but no more than a maximum at once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def group_by(items: Iterable[Item], key: Callable[[Item], Hashable]) -> Sequence[Sequence[Item]]:
    """Return those of each key together, in the order in which they came."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


async def gather_bounded(
    limit: int, work: Callable[[Item], Awaitable[Result]], items: Iterable[Item]
) -> Sequence[Result]:
    """Do the work for each, so many at once; the first error ends the others, and is raised."""
    semaphore = asyncio.Semaphore(limit)

    async def acquire_lock(item: Item) -> Result:
        async with semaphore:
            return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(acquire_lock(item)) for item in items]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
