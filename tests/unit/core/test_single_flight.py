"""SingleFlight: shared by those who ask meanwhile, never by those who ask too late."""

import asyncio

import pytest

from hello.core.single_flight import SingleFlight


class Calls:
    """Counts calls, each of which waits until it is let go."""

    def __init__(self) -> None:
        self.count = 0
        self.gate = asyncio.Event()

    async def __call__(self) -> int:
        self.count += 1
        mine = self.count
        await self.gate.wait()
        return mine


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_callers_before_the_start_share_the_call() -> None:
    single_flight, calls = SingleFlight[str, int](), Calls()
    calls.gate.set()
    assert await asyncio.gather(*(single_flight.share("a", calls) for _ in range(5))) == [1] * 5


async def test_callers_after_the_start_share_the_next_call() -> None:
    single_flight, calls = SingleFlight[str, int](), Calls()
    first = asyncio.create_task(single_flight.share("a", calls))
    await settle()
    later = [asyncio.create_task(single_flight.share("a", calls)) for _ in range(3)]
    await settle()
    assert calls.count == 1
    calls.gate.set()
    assert await asyncio.gather(first, *later) == [1, 2, 2, 2]


async def test_other_keys_do_not_wait() -> None:
    single_flight, calls = SingleFlight[str, int](), Calls()
    tasks = [asyncio.create_task(single_flight.share(key, calls)) for key in "ab"]
    await settle()
    assert calls.count == 2
    calls.gate.set()
    await asyncio.gather(*tasks)


async def test_cancelled_waiter_of_a_flight_leaves_the_others_their_result() -> None:
    single_flight, calls = SingleFlight[str, int](), Calls()
    one, other = (asyncio.create_task(single_flight.share("a", calls)) for _ in range(2))
    await settle()
    one.cancel()
    calls.gate.set()
    assert await other == 1


async def test_failed_call_does_not_affect_the_next() -> None:
    single_flight = SingleFlight[str, int]()

    async def fail() -> int:
        raise ZeroDivisionError

    async def succeed() -> int:
        return 1

    failing = [asyncio.create_task(single_flight.share("a", fail)) for _ in range(2)]
    await settle()
    assert [type(result) for result in await asyncio.gather(*failing, return_exceptions=True)] == [
        ZeroDivisionError
    ] * 2
    assert await single_flight.share("a", succeed) == 1
    with pytest.raises(ZeroDivisionError):
        await single_flight.share("a", fail)
