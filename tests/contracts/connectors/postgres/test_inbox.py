"""The promises of the port `Inbox`, kept by the twin and by PostgreSQL alike."""

from datetime import timedelta

import pytest

from hello.services.ports import Begin
from tests.support.builders import NOON, a_name


async def test_an_event_is_new_to_each_consumer_once(begin: Begin, consumer: str) -> None:
    other, event_id = a_name(), a_name()
    for expected in (True, False, False):
        async with begin() as tx:
            assert await tx.inbox.add(consumer, event_id, NOON) is expected
    async with begin() as tx:
        assert await tx.inbox.add(other, event_id, NOON)
        assert await tx.inbox.add(consumer, a_name(), NOON)


async def test_event_of_a_rolled_back_transaction_is_new_again(begin: Begin, consumer: str) -> None:
    with pytest.raises(KeyError):
        await failing(begin, consumer)
    async with begin() as tx:
        assert await tx.inbox.add(consumer, "1", NOON)
        assert await tx.gifts.received(consumer) == 0


async def failing(begin: Begin, consumer: str) -> None:
    async with begin() as tx:
        await tx.inbox.add(consumer, "1", NOON)
        await tx.gifts.count(consumer)
        raise KeyError


async def test_old_inbox_rows_are_removed_in_batches(begin: Begin, consumer: str) -> None:
    async with begin() as tx:
        for age in range(5):
            await tx.inbox.add(consumer, str(age), NOON - timedelta(days=10_000 + age))
    cleared = []
    for _ in range(3):
        async with begin() as tx:
            cleared.append(await tx.inbox.clear(NOON - timedelta(days=10_001), 2))
    assert cleared == [2, 1, 0]
    async with begin() as tx:
        assert [await tx.inbox.add(consumer, str(age), NOON) for age in range(5)] == [False] * 2 + [True] * 3
