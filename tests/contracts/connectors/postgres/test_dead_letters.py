"""The promises of the port `DeadLetters`, kept by the twin and by PostgreSQL alike."""

from dataclasses import replace

from hello.entities.events import Event
from hello.services.dead_letters import dead_letter
from hello.services.ports import Begin
from tests.support.builders import NOON, a_name
from tests.twins.events import an_event


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
