"""Dead letters: listed, shown and redriven."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hello.entities.errors import ConflictError, NotFoundError, UnavailableError
from hello.services.dead_letters import PAGE
from tests.support.builders import NOON
from tests.support.consumers import TRIES, ConsumerFixture, WatchedLetters, died
from tests.twins.events import an_event


@pytest.fixture
def incoming() -> ConsumerFixture:
    return ConsumerFixture()


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


async def test_a_dead_event_is_shown_and_an_unknown_one_is_not(incoming: ConsumerFixture) -> None:
    event = await died(incoming)
    (dead,) = await incoming.dead.list(1)
    assert (await incoming.dead.show(dead.id)).event == event
    for ask in (incoming.dead.show, incoming.dead.redrive):
        with pytest.raises(NotFoundError, match="no dead letter 99"):
            await ask(99)


async def test_a_redriven_event_has_its_effect_once(incoming: ConsumerFixture) -> None:
    event = await died(incoming)
    (dead,) = await incoming.dead.list(1)
    await incoming.dead.redrive(dead.id)
    await incoming.consumer.handle(event)
    with pytest.raises(NotFoundError):
        await incoming.dead.redrive(dead.id)
    assert incoming.gifts("Ada") == 1
    assert not await incoming.dead.list(1)


async def test_redrive_of_a_handled_event_only_removes_the_dead_letter(incoming: ConsumerFixture) -> None:
    event = await died(incoming)
    await incoming.consumer.handle(event)
    (dead,) = await incoming.dead.list(1)
    await incoming.dead.redrive(dead.id)
    assert incoming.gifts("Ada") == 1
    assert not await incoming.dead.list(1)


async def test_failed_redrive_keeps_the_dead_letter(incoming: ConsumerFixture) -> None:
    await died(incoming)
    (dead,) = await incoming.dead.list(1)
    incoming.effect.errors = [NotFoundError("no user named Ada")]
    with pytest.raises(ConflictError, match="no user named Ada"):
        await incoming.dead.redrive(dead.id)
    assert incoming.gifts("Ada") == 0
    assert not incoming.unit.stored.inbox.rows
    assert [left.event for left in await incoming.dead.list(10)] == [dead.event]


async def test_dead_letter_of_an_unknown_consumer_is_kept(incoming: ConsumerFixture) -> None:
    await died(incoming)
    dead = replace(incoming.dead, effects={})
    with pytest.raises(ConflictError, match="no such consumer: gifts"):
        await dead.redrive(1)
    assert (await dead.redrive_all()).failed.keys() == {1}


async def test_redrive_all_continues_after_failures(incoming: ConsumerFixture) -> None:
    for recipient in ("Ada", "Bob", "Cleo"):
        await died(incoming, recipient)
    incoming.effect.errors = [KeyError("again")]
    redriven = await incoming.dead.redrive_all()
    assert redriven.done == 2
    assert redriven.failed.keys() == {1}
    assert "again" in redriven.failed[1]
    assert incoming.unit.stored.gifts.rows == {"Bob": 1, "Cleo": 1}


async def test_redriven_event_is_in_the_inbox_with_its_time(incoming: ConsumerFixture) -> None:
    event = await died(incoming)
    await incoming.dead.redrive(1)
    assert incoming.unit.stored.inbox.rows == {("gifts", event.id): NOON}


async def test_outage_during_a_redrive_is_unavailable(incoming: ConsumerFixture) -> None:
    await died(incoming)
    incoming.unit.unavailable = 1
    with pytest.raises(UnavailableError):
        await incoming.dead.redrive(1)
    assert len(await incoming.dead.list(10)) == 1


async def test_dead_letter_list_respects_its_limit(incoming: ConsumerFixture) -> None:
    events = [await died(incoming) for _ in range(3)]
    for limit in (1, 2, 3):
        assert [dead.event_id for dead in await incoming.dead.list(limit)] == [
            event.id for event in events[:limit]
        ]


async def test_dead_letters_are_redriven_page_by_page(incoming: ConsumerFixture) -> None:
    for _ in range(PAGE + 1):
        await died(incoming)
    letters = incoming.unit.stored.dead_letters = WatchedLetters(incoming.unit.stored.dead_letters.rows)
    assert (await incoming.dead.redrive_all()).done == PAGE + 1
    assert letters.limits
    assert set(letters.limits) == {PAGE}


async def test_unstorable_texts_of_a_dead_letter_are_replaced(incoming: ConsumerFixture) -> None:
    bad = "a\0b\udc80"
    incoming.effect.errors = [KeyError("nope")] * TRIES
    data = {"recipient": None, bad: [bad, {"deep": (bad, 7)}]}
    await incoming.consumer.handle(replace(an_event(), data=data))
    (dead,) = await incoming.dead.list(1)
    good = "a\u2400b?"
    assert dead.data == {"recipient": None, good: [good, {"deep": [good, 7]}]}
