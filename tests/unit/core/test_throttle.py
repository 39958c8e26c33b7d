"""Expensive calls run one at a time, in order, with a pause between them, and only so many may wait."""

import asyncio

import pytest

from hello.core.throttle import Throttle, ThrottledError


async def test_calls_run_one_at_a_time_in_order() -> None:
    throttle, events = Throttle(0, 10), list[str]()

    async def work(name: str) -> None:
        async with throttle.call():
            events.append(f"{name} starts")
            await asyncio.sleep(0)
            events.append(f"{name} ends")

    await asyncio.gather(*map(work, "abc"))
    assert events == [f"{name} {what}" for name in "abc" for what in ("starts", "ends")]


async def test_call_past_the_queue_is_refused_and_a_later_one_is_not() -> None:
    throttle = Throttle(0, 1)
    async with throttle.call():
        waiting = asyncio.create_task(enter(throttle))
        await asyncio.sleep(0)
        with pytest.raises(ThrottledError):
            await enter(throttle)
    await waiting
    await enter(throttle)


async def test_next_call_starts_after_the_pause() -> None:
    throttle, loop = Throttle(0.05, 10), asyncio.get_running_loop()
    await enter(throttle)
    ended = loop.time()
    await enter(throttle)
    assert loop.time() - ended >= 0.05 - 0.001


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError])
async def test_failed_call_lets_the_next_one_in(error: type[BaseException]) -> None:
    throttle = Throttle(0, 1)
    with pytest.raises(error):
        async with throttle.call():
            raise error
    await enter(throttle)


async def test_cancelled_waiter_frees_its_place() -> None:
    throttle = Throttle(0, 1)
    async with throttle.call():
        for _ in range(3):
            waiting = asyncio.create_task(enter(throttle))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
    await enter(throttle)


async def enter(throttle: Throttle) -> None:
    async with throttle.call():
        pass
