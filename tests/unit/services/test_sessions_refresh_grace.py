"""A refresh whose answer was lost may be repeated for some seconds, as long as its successor is unused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.services.test_sessions import House

GRACE = timedelta(seconds=10)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def house() -> House:
    house = House()
    house.sessions = replace(house.sessions, grace=GRACE)
    return house


async def refreshed(house: House, token: str) -> str:
    return (await house.sessions.refresh(token)).refresh


async def test_former_token_works_again_within_the_grace(house: House) -> None:
    first = await house.enter()
    lost = await refreshed(house, first)
    house.clock.move(GRACE - INSTANT)
    second = await refreshed(house, first)
    assert second != lost
    assert await refreshed(house, second)
    assert not house.noted


async def test_former_token_is_a_reuse_after_the_grace(house: House) -> None:
    first = await house.enter()
    await refreshed(house, first)
    house.clock.move(GRACE)
    await house.refuse(first, "used before")
    assert house.noted == ["session.revoked"]


async def test_repetition_does_not_extend_the_grace(house: House) -> None:
    first = await house.enter()
    await refreshed(house, first)
    house.clock.move(GRACE / 2)
    await refreshed(house, first)
    house.clock.move(GRACE / 2)
    await house.refuse(first, "used before")


@pytest.mark.parametrize("repeated", [False, True])
async def test_former_token_is_a_reuse_once_its_successor_was_used(house: House, *, repeated: bool) -> None:
    first = await house.enter()
    successor = await refreshed(house, first)
    if repeated:
        successor = await refreshed(house, first)
    newest = await refreshed(house, successor)
    await house.refuse(first, "used before")
    await house.refuse(newest)


async def test_replaced_successor_is_a_reuse_within_the_grace(house: House) -> None:
    first = await house.enter()
    replaced = await refreshed(house, first)
    newest = await refreshed(house, first)
    await house.refuse(replaced, "used before")
    await house.refuse(newest)
    assert house.noted == ["session.revoked"]


async def test_no_other_token_has_a_grace(house: House) -> None:
    first = await house.enter()
    await refreshed(house, await refreshed(house, first))
    await house.refuse(first, "used before")


async def test_former_token_of_an_ended_session_is_refused(house: House) -> None:
    first = await house.enter()
    await refreshed(house, first)
    house.session(first).ended_at = house.clock()
    await house.refuse(first)


async def test_grace_of_zero_is_none_with_a_clock_that_is_late(house: House) -> None:
    house.sessions = replace(house.sessions, grace=timedelta(0))
    first = await house.enter()
    await refreshed(house, first)
    house.clock.move(-GRACE)
    await house.refuse(first, "used before")
