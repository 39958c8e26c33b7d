"""Consumers: one effect for each event, tries that are bounded, and the dead."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hello.core.traces import current_traceparent
from hello.entities.dead_letters import DeadLetter
from hello.entities.errors import ConflictError
from hello.entities.events import Event
from hello.services.consumers import EFFECTS
from hello.services.ports import Transaction
from tests.support.builders import NOON
from tests.support.consumers import TRIES, ConsumerFixture
from tests.twins.events import TwinDeadLetters, an_event
from tests.twins.traces import RECORDED, TwinTracer


@pytest.fixture
def incoming() -> ConsumerFixture:
    return ConsumerFixture()


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


async def test_an_event_has_its_effect_once_however_often_it_comes(incoming: ConsumerFixture) -> None:
    event = an_event(recipient="Ada")
    for _ in range(3):
        await incoming.consumer.handle(event)
    assert incoming.gifts("Ada") == 1
    assert incoming.metrics.outcomes == {"gifts handled": 1, "gifts repeated": 2}


async def test_lag_is_measured_once_from_the_event_to_its_effect(incoming: ConsumerFixture) -> None:
    event = replace(an_event(), time=NOON - timedelta(seconds=3))
    for _ in range(2):
        await incoming.consumer.handle(event)
    assert incoming.metrics.lags == [("gifts", 3)]


async def test_different_events_each_have_their_effect(incoming: ConsumerFixture) -> None:
    for recipient in ("Ada", "Ada", "Bob", None):
        await incoming.consumer.handle(an_event(recipient=recipient))
    assert incoming.unit.stored.gifts.rows == {"Ada": 2, "Bob": 1}


async def test_events_of_other_types_are_skipped_without_a_trace(incoming: ConsumerFixture) -> None:
    await incoming.consumer.handle(an_event(event_type="order.created", recipient="Ada"))
    assert incoming.gifts("Ada") == 0
    assert not incoming.unit.stored.inbox.rows
    assert incoming.metrics.outcomes == {"gifts passed": 1}


async def test_an_effect_that_fails_is_undone_and_tried_again(incoming: ConsumerFixture) -> None:
    incoming.effect.errors = [KeyError("one"), KeyError("two")]
    await incoming.consumer.handle(an_event(recipient="Ada"))
    assert incoming.gifts("Ada") == 1
    assert incoming.metrics.outcomes == {"gifts failed": 2, "gifts handled": 1}
    assert len(incoming.pauses.slept) == 2


async def test_event_that_always_fails_becomes_a_dead_letter_with_the_reason(
    incoming: ConsumerFixture, logs: list[EventDict]
) -> None:
    incoming.effect.errors = [KeyError(f"no\0pe \udc80 {number}") for number in (3, 2, 1)]
    event = replace(an_event(recipient="Ada"), traceparent="00-abc-def-01")
    await incoming.consumer.handle(event)
    (dead,) = await incoming.dead.list(10)
    assert (dead.consumer, dead.event, dead.died_at) == ("gifts", event, NOON)
    assert dead.reason.startswith("KeyError: ")
    dead.reason.encode()
    assert "\0" not in dead.reason
    assert incoming.gifts("Ada") == 0
    assert incoming.metrics.outcomes == {"gifts failed": TRIES, "gifts dead": 1}
    assert [entry["event_id"] for entry in logs] == [event.id]


async def test_redelivered_dead_event_has_one_dead_letter(incoming: ConsumerFixture) -> None:
    event = an_event(recipient="Ada")
    for _ in range(2):
        incoming.effect.errors = [KeyError()] * TRIES
        await incoming.consumer.handle(event)
    assert len(await incoming.dead.list(10)) == 1


@pytest.mark.parametrize("transactions", [1, 2, TRIES, 10 * TRIES])
async def test_database_outage_creates_no_dead_letter(incoming: ConsumerFixture, transactions: int) -> None:
    incoming.unit.unavailable = transactions
    await incoming.consumer.handle(an_event(recipient="Ada"))
    assert incoming.gifts("Ada") == 1
    assert not await incoming.dead.list(10)
    assert max(incoming.pauses.slept) <= 5


async def test_database_outage_before_the_dead_letter_loses_no_event(incoming: ConsumerFixture) -> None:
    tries = 0

    async def fails(_: Transaction, __: Event) -> None:
        nonlocal tries
        tries += 1
        incoming.unit.unavailable = tries == TRIES
        raise KeyError

    await replace(incoming.consumer, effect=fails).handle(an_event())
    assert tries == 2 * TRIES
    assert len(await incoming.dead.list(10)) == 1


class FullLetters(TwinDeadLetters):
    async def add(self, dead: DeadLetter) -> None:
        raise ConflictError(f"no room for {dead.event_id}")


async def test_event_that_cannot_be_set_aside_is_an_error(incoming: ConsumerFixture) -> None:
    """The broker delivers it again."""
    incoming.unit.stored.dead_letters = FullLetters()
    incoming.effect.errors = [KeyError()] * TRIES
    with pytest.raises(ConflictError):
        await incoming.consumer.handle(an_event())
    assert not incoming.effect.errors


def test_every_consumer_has_a_name_of_its_own() -> None:
    names = [subscription.name for subscription in EFFECTS]
    assert len(names) == len(set(names))


async def test_an_effect_belongs_to_the_trace_of_its_event(incoming: ConsumerFixture) -> None:
    seen, traceparent = list[str | None](), f"00-{'a' * 32}-{'b' * 16}-01"

    async def looks(_: Transaction, __: Event) -> None:
        seen.append(current_traceparent())

    consumer = replace(incoming.consumer, effect=looks)
    await consumer.handle(replace(an_event(), traceparent=traceparent))
    await consumer.handle(an_event())
    assert seen == [traceparent, None]


async def test_handling_is_a_span_from_the_first_try_to_the_last(incoming: ConsumerFixture) -> None:
    tracer = TwinTracer()
    incoming.effect.errors = [KeyError("one")]
    event = replace(an_event(recipient="Ada"), traceparent=RECORDED)
    await replace(incoming.consumer, tracer=tracer).handle(event)
    [span] = tracer.spans
    assert (span.name, span.kind, span.parent, span.error) == ("process gifts", "consumer", RECORDED, None)
    assert span.attributes == {
        "messaging.consumer.group.name": "gifts",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "cloudevents.event_type": "order.shipped",
        "cloudevents.event_subject": event.subject,
    }


async def test_tries_are_counted_and_apart_whatever_fails(incoming: ConsumerFixture) -> None:
    incoming.unit.unavailable, incoming.effect.errors = 3, [KeyError("one")]
    await incoming.consumer.handle(an_event(recipient="Ada"))
    assert incoming.metrics.outcomes == {"gifts failed": 4, "gifts handled": 1}
    assert len(incoming.pauses.slept) == 4
    assert all(pause > 0 for pause in incoming.pauses.slept)


async def test_cancelled_consumer_creates_no_dead_letter(incoming: ConsumerFixture) -> None:
    async def stopped(_: Transaction, __: Event) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await replace(incoming.consumer, effect=stopped).handle(an_event())
    assert not incoming.pauses.slept
    assert not await incoming.dead.list(10)
