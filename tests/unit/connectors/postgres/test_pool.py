"""Connections of the pool go to whom waited longest."""

import asyncio

import pytest
from sqlalchemy.util import greenlet_spawn
from sqlalchemy.util.queue import Empty, Full

from hello.connectors.postgres.pool import FairQueue

PATIENCE_S, HURRY_S = 5, 0.05


async def waiting_for(queue: FairQueue[str]) -> asyncio.Task[str]:
    """Return once the task waits for an item."""
    task = asyncio.create_task(greenlet_spawn(queue.get, True, PATIENCE_S))  # noqa: FBT003  # SQLAlchemy's own
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def test_newcomer_does_not_take_the_item_of_a_waiter() -> None:
    queue = FairQueue[str](1)
    first = await waiting_for(queue)
    queue.put_nowait("a connection")
    with pytest.raises(Empty):
        await greenlet_spawn(queue.get, True, HURRY_S)  # noqa: FBT003
    assert await first == "a connection"


async def test_waiters_get_items_in_the_order_of_waiting() -> None:
    queue = FairQueue[str](3)
    tasks = [await waiting_for(queue) for _ in range(3)]
    for item in "abc":
        queue.put_nowait(item)
    assert await asyncio.gather(*tasks) == ["a", "b", "c"]


async def test_item_of_a_cancelled_waiter_goes_to_the_next() -> None:
    queue = FairQueue[str](1)
    first, second = await waiting_for(queue), await waiting_for(queue)
    queue.put_nowait("a connection")
    first.cancel()
    assert await second == "a connection"
    assert first.cancelled()


async def test_free_item_is_taken_at_once() -> None:
    queue = FairQueue[str](1)
    queue.put_nowait("a connection")
    assert queue.get(block=False) == "a connection"
    with pytest.raises(Empty):
        queue.get(block=False)


@pytest.mark.parametrize(("use_lifo", "expected"), [(False, "ab"), (True, "ba")])
def test_queue_is_bounded_and_ordered_as_asked(expected: str, *, use_lifo: bool) -> None:
    queue = FairQueue[str](2, use_lifo)
    for item in "ab":
        queue.put_nowait(item)
    with pytest.raises(Full):
        queue.put_nowait("c")
    assert "".join(queue.get(block=False) for _ in range(2)) == expected
