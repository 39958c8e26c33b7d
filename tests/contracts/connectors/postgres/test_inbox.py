"""What consumers store keeps its promises in memory and in PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.events import Event
from hello.services.dead_letters import dead_letter
from hello.services.ports import Begin
from tests.support.builders import NOON, a_name
from tests.twins.events import an_event
from tests.twins.transaction import TwinUnitOfWork


@pytest.fixture(params=["twin", pytest.param("postgres", marks=pytest.mark.integrated)])
def begin(request: pytest.FixtureRequest) -> Begin:
    if request.param == "twin":
        return TwinUnitOfWork().begin
    return PostgresUnitOfWork(request.getfixturevalue("undone").sessions, 5).begin


@pytest.fixture
def consumer() -> str:
    """A name that no other test uses."""
    return a_name()


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


async def test_dead_letter_keeps_the_event_unchanged(begin: Begin, consumer: str) -> None:
    event = replace(an_event(), traceparent="00-a-b-01", data={"lines": [{"title": "ö", "price": 1.5}]})
    await bury(begin, consumer, event)
    (dead,) = await all_dead(begin, consumer)
    assert dead == event
    async with begin() as tx:
        (stored,) = [one for one in await tx.dead_letters.page(0, 1000) if one.consumer == consumer]
        found = await tx.dead_letters.find(stored.id)
    assert found
    assert (found.event, found.reason, found.died_at) == (event, "KeyError: 'nope'", NOON)


async def test_event_that_postgresql_cannot_store_becomes_a_dead_letter(begin: Begin, consumer: str) -> None:
    broken = {"a\0": ["b\0", {"c": "\ud800"}], "d": 1}
    await bury(begin, consumer, replace(an_event(), subject="x\0", type="y\0", data=broken))
    (dead,) = await all_dead(begin, consumer)
    assert dead.subject == "x\N{SYMBOL FOR NULL}"
    assert dead.data == {"a\N{SYMBOL FOR NULL}": ["b\N{SYMBOL FOR NULL}", {"c": "?"}], "d": 1}


async def bury(begin: Begin, consumer: str, *events: Event) -> None:
    async with begin() as tx:
        for event in events:
            await tx.dead_letters.add(dead_letter(consumer, event, KeyError("nope"), NOON))


async def all_dead(begin: Begin, consumer: str) -> list[Event]:
    async with begin() as tx:
        return [one.event for one in await tx.dead_letters.page(0, 1000) if one.consumer == consumer]


async def test_event_has_one_dead_letter_per_consumer(begin: Begin, consumer: str) -> None:
    event, other = an_event(), a_name()
    await bury(begin, consumer, event, event)
    await bury(begin, consumer, event)
    await bury(begin, other, event)
    assert await all_dead(begin, consumer) == await all_dead(begin, other) == [event]


async def test_dead_letters_are_paged_oldest_first(begin: Begin, consumer: str) -> None:
    events = [an_event() for _ in range(5)]
    await bury(begin, consumer, *events)
    found, after = [], 0
    while True:
        async with begin() as tx:
            page = await tx.dead_letters.page(after, 2)
        assert len(page) <= 2
        if not page:
            break
        found += [one.event for one in page if one.consumer == consumer]
        after = page[-1].id
    assert found == events


async def test_dead_letter_is_taken_once(begin: Begin, consumer: str) -> None:
    event = an_event()
    await bury(begin, consumer, event)
    async with begin() as tx:
        (dead,) = [one for one in await tx.dead_letters.page(0, 1000) if one.consumer == consumer]
    async with begin() as tx:
        taken = await tx.dead_letters.take(dead.id)
        assert taken
        assert taken.event == event
    async with begin() as tx:
        assert await tx.dead_letters.take(dead.id) is None
        assert await tx.dead_letters.find(dead.id) is None


async def test_gifts_are_counted_by_name(begin: Begin) -> None:
    ada, bob = a_name(), a_name()
    for username in (ada, bob, ada):
        async with begin() as tx:
            await tx.gifts.count(username)
    async with begin() as tx:
        names = (ada, bob, ada.swapcase())
        assert [await tx.gifts.received(name) for name in names] == [2, 1, 0]
