"""Work side by side, in lanes: one after the other within a lane, and not too many lanes at once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def lanes_of(items: Iterable[Item], key: Callable[[Item], Hashable]) -> Sequence[Sequence[Item]]:
    """Return those of each key together, in the order in which they came."""
    lanes: dict[Hashable, list[Item]] = {}
    for item in items:
        lanes.setdefault(key(item), []).append(item)
    return list(lanes.values())


async def at_most(
    most: int, work: Callable[[Item], Awaitable[Result]], items: Iterable[Item]
) -> Sequence[Result]:
    """Do the work for each, so many at once; the first error ends the others, and is raised."""
    turns = asyncio.Semaphore(most)

    async def take_turn(item: Item) -> Result:
        async with turns:
            return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(take_turn(item)) for item in items]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
