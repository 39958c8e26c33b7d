"""Consumers: one effect for each event, tries that are bounded, and the dead."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hello.core.traces import current_traceparent
from hello.entities.dead_letters import DeadLetter
from hello.entities.errors import ConflictError, NotFoundError, UnavailableError
from hello.entities.events import Event
from hello.services.consumers import EFFECTS, Consumer
from hello.services.dead_letters import PAGE, DeadLetterService
from hello.services.gifts import GIFTS, count_gift
from hello.services.inbox import BATCH, InboxService
from hello.services.ports import Transaction
from tests.support.builders import NOON
from tests.twins.events import (
    Pauses,
    TwinDeadLetters,
    TwinInbox,
    TwinMetrics,
    an_event,
    fixed,
)
from tests.twins.transaction import TwinUnitOfWork

TRIES = 3


@dataclass
class Faulty:
    """Counts the gift as it should, after so many errors."""

    errors: list[Exception] = field(default_factory=list)

    async def __call__(self, tx: Transaction, event: Event) -> None:
        await count_gift(tx, event)
        if self.errors:
            raise self.errors.pop()


@dataclass
class WatchedLetters(TwinDeadLetters):
    """Remembers how many were asked for at once, whichever transaction asked."""

    limits: list[int] = field(default_factory=list)

    def __deepcopy__(self, _: object) -> "WatchedLetters":
        return self

    async def page(self, after: int, limit: int) -> Sequence[DeadLetter]:
        self.limits.append(limit)
        return await super().page(after, limit)


@dataclass
class WatchedInbox(TwinInbox):
    limits: list[int] = field(default_factory=list)

    def __deepcopy__(self, _: object) -> "WatchedInbox":
        return self

    async def clear(self, before: datetime, limit: int) -> int:
        self.limits.append(limit)
        return await super().clear(before, limit)


@dataclass
class Incoming:
    """A consumer and all that it works with."""

    unit: TwinUnitOfWork = field(default_factory=TwinUnitOfWork)
    metrics: TwinMetrics = field(default_factory=TwinMetrics)
    pauses: Pauses = field(default_factory=Pauses)
    effect: Faulty = field(default_factory=Faulty)

    @property
    def consumer(self) -> Consumer:
        return Consumer(
            subscription=GIFTS,
            effect=self.effect,
            begin=self.unit.begin,
            metrics=self.metrics,
            now=fixed(NOON),
            tries=TRIES,
            sleep=self.pauses,
        )

    @property
    def dead(self) -> DeadLetterService:
        return DeadLetterService(
            begin=self.unit.begin, effects={GIFTS.consumer: self.effect}, now=fixed(NOON)
        )

    def gifts(self, username: str) -> int:
        return self.unit.stored.gifts.rows[username]


@pytest.fixture
def incoming() -> Incoming:
    return Incoming()


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


async def test_an_event_has_its_effect_once_however_often_it_comes(incoming: Incoming) -> None:
    event = an_event(recipient="Ada")
    for _ in range(3):
        await incoming.consumer.handle(event)
    assert incoming.gifts("Ada") == 1
    assert incoming.metrics.outcomes == {"gifts handled": 1, "gifts repeated": 2}


async def test_different_events_each_have_their_effect(incoming: Incoming) -> None:
    for recipient in ("Ada", "Ada", "Bob", None):
        await incoming.consumer.handle(an_event(recipient=recipient))
    assert incoming.unit.stored.gifts.rows == {"Ada": 2, "Bob": 1}


async def test_events_of_other_types_are_skipped_without_a_trace(incoming: Incoming) -> None:
    await incoming.consumer.handle(an_event(event_type="order.created", recipient="Ada"))
    assert incoming.gifts("Ada") == 0
    assert not incoming.unit.stored.inbox.rows
    assert incoming.metrics.outcomes == {"gifts passed": 1}


async def test_an_effect_that_fails_is_undone_and_tried_again(incoming: Incoming) -> None:
    incoming.effect.errors = [KeyError("one"), KeyError("two")]
    await incoming.consumer.handle(an_event(recipient="Ada"))
    assert incoming.gifts("Ada") == 1
    assert incoming.metrics.outcomes == {"gifts failed": 2, "gifts handled": 1}
    assert len(incoming.pauses.slept) == 2


async def test_event_that_always_fails_becomes_a_dead_letter_with_the_reason(
    incoming: Incoming, logs: list[EventDict]
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


async def test_redelivered_dead_event_has_one_dead_letter(incoming: Incoming) -> None:
    event = an_event(recipient="Ada")
    for _ in range(2):
        incoming.effect.errors = [KeyError()] * TRIES
        await incoming.consumer.handle(event)
    assert len(await incoming.dead.list(10)) == 1


@pytest.mark.parametrize("transactions", [1, 2, TRIES, 10 * TRIES])
async def test_database_outage_creates_no_dead_letter(incoming: Incoming, transactions: int) -> None:
    incoming.unit.unavailable = transactions
    await incoming.consumer.handle(an_event(recipient="Ada"))
    assert incoming.gifts("Ada") == 1
    assert not await incoming.dead.list(10)
    assert max(incoming.pauses.slept) <= 5


async def test_database_outage_before_the_dead_letter_loses_no_event(incoming: Incoming) -> None:
    tries = 0

    async def fails(_: Transaction, __: Event) -> None:
        nonlocal tries
        tries += 1
        incoming.unit.unavailable = tries == TRIES
        raise KeyError

    await replace(incoming.consumer, effect=fails).handle(an_event())
    assert tries == 2 * TRIES
    assert len(await incoming.dead.list(10)) == 1


async def test_a_dead_event_is_shown_and_an_unknown_one_is_not(incoming: Incoming) -> None:
    event = await died(incoming)
    (dead,) = await incoming.dead.list(1)
    assert (await incoming.dead.show(dead.id)).event == event
    for ask in (incoming.dead.show, incoming.dead.redrive):
        with pytest.raises(NotFoundError, match="no dead letter 99"):
            await ask(99)


async def died(incoming: Incoming, recipient: str | None = "Ada") -> Event:
    event = an_event(recipient=recipient)
    incoming.effect.errors = [KeyError("nope")] * TRIES
    await incoming.consumer.handle(event)
    return event


async def test_a_redriven_event_has_its_effect_once(incoming: Incoming) -> None:
    event = await died(incoming)
    (dead,) = await incoming.dead.list(1)
    await incoming.dead.redrive(dead.id)
    await incoming.consumer.handle(event)
    with pytest.raises(NotFoundError):
        await incoming.dead.redrive(dead.id)
    assert incoming.gifts("Ada") == 1
    assert not await incoming.dead.list(1)


async def test_redrive_of_a_handled_event_only_removes_the_dead_letter(incoming: Incoming) -> None:
    event = await died(incoming)
    await incoming.consumer.handle(event)
    (dead,) = await incoming.dead.list(1)
    await incoming.dead.redrive(dead.id)
    assert incoming.gifts("Ada") == 1
    assert not await incoming.dead.list(1)


async def test_failed_redrive_keeps_the_dead_letter(incoming: Incoming) -> None:
    await died(incoming)
    (dead,) = await incoming.dead.list(1)
    incoming.effect.errors = [NotFoundError("no user named Ada")]
    with pytest.raises(ConflictError, match="no user named Ada"):
        await incoming.dead.redrive(dead.id)
    assert incoming.gifts("Ada") == 0
    assert not incoming.unit.stored.inbox.rows
    assert [left.event for left in await incoming.dead.list(10)] == [dead.event]


async def test_dead_letter_of_an_unknown_consumer_is_kept(incoming: Incoming) -> None:
    await died(incoming)
    dead = replace(incoming.dead, effects={})
    with pytest.raises(ConflictError, match="no consumer gifts"):
        await dead.redrive(1)
    assert (await dead.redrive_all()).failed.keys() == {1}


async def test_redrive_all_continues_after_failures(incoming: Incoming) -> None:
    for recipient in ("Ada", "Bob", "Cleo"):
        await died(incoming, recipient)
    incoming.effect.errors = [KeyError("again")]
    redriven = await incoming.dead.redrive_all()
    assert redriven.done == 2
    assert redriven.failed.keys() == {1}
    assert "again" in redriven.failed[1]
    assert incoming.unit.stored.gifts.rows == {"Bob": 1, "Cleo": 1}


async def test_old_inbox_entries_are_removed(incoming: Incoming) -> None:
    ages = [1, 29, 31, 400]
    for age in ages:
        async with incoming.unit.begin() as tx:
            await tx.inbox.add("gifts", str(age), NOON - timedelta(days=age))
    inbox = InboxService(begin=incoming.unit.begin, now=fixed(NOON))
    assert await inbox.clear(30) == 2
    assert {int(event_id) for _, event_id in incoming.unit.stored.inbox.rows} == {1, 29}


def test_every_consumer_has_a_name_of_its_own() -> None:
    names = [subscription.consumer for subscription in EFFECTS]
    assert len(names) == len(set(names))


async def test_inbox_has_consumer_and_time_of_each_event(incoming: Incoming) -> None:
    event, other = an_event(recipient="Ada"), replace(GIFTS, consumer="other")
    await incoming.consumer.handle(event)
    await replace(incoming.consumer, subscription=other).handle(event)
    assert incoming.unit.stored.inbox.rows == {("gifts", event.id): NOON, ("other", event.id): NOON}
    assert incoming.gifts("Ada") == 2


async def test_redriven_event_is_in_the_inbox_with_its_time(incoming: Incoming) -> None:
    event = await died(incoming)
    await incoming.dead.redrive(1)
    assert incoming.unit.stored.inbox.rows == {("gifts", event.id): NOON}


async def test_an_effect_belongs_to_the_trace_of_its_event(incoming: Incoming) -> None:
    seen, traceparent = list[str | None](), f"00-{'a' * 32}-{'b' * 16}-01"

    async def looks(_: Transaction, __: Event) -> None:
        seen.append(current_traceparent())

    consumer = replace(incoming.consumer, effect=looks)
    await consumer.handle(replace(an_event(), traceparent=traceparent))
    await consumer.handle(an_event())
    assert seen == [traceparent, None]


async def test_tries_are_counted_and_apart_whatever_fails(incoming: Incoming) -> None:
    incoming.unit.unavailable, incoming.effect.errors = 3, [KeyError("one")]
    await incoming.consumer.handle(an_event(recipient="Ada"))
    assert incoming.metrics.outcomes == {"gifts failed": 4, "gifts handled": 1}
    assert len(incoming.pauses.slept) == 4
    assert all(pause > 0 for pause in incoming.pauses.slept)


async def test_cancelled_consumer_creates_no_dead_letter(incoming: Incoming) -> None:
    async def stopped(_: Transaction, __: Event) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await replace(incoming.consumer, effect=stopped).handle(an_event())
    assert not incoming.pauses.slept
    assert not await incoming.dead.list(10)


async def test_outage_during_a_redrive_is_unavailable(incoming: Incoming) -> None:
    await died(incoming)
    incoming.unit.unavailable = 1
    with pytest.raises(UnavailableError):
        await incoming.dead.redrive(1)
    assert len(await incoming.dead.list(10)) == 1


async def test_dead_letter_list_respects_its_limit(incoming: Incoming) -> None:
    events = [await died(incoming) for _ in range(3)]
    for limit in (1, 2, 3):
        assert [dead.event_id for dead in await incoming.dead.list(limit)] == [
            event.id for event in events[:limit]
        ]


async def test_dead_letters_are_redriven_page_by_page(incoming: Incoming) -> None:
    for _ in range(PAGE + 1):
        await died(incoming)
    letters = incoming.unit.stored.dead_letters = WatchedLetters(incoming.unit.stored.dead_letters.rows)
    assert (await incoming.dead.redrive_all()).done == PAGE + 1
    assert letters.limits
    assert set(letters.limits) == {PAGE}


async def test_unstorable_texts_of_a_dead_letter_are_replaced(incoming: Incoming) -> None:
    bad = "a\0b\udc80"
    incoming.effect.errors = [KeyError("nope")] * TRIES
    data = {"recipient": None, bad: [bad, {"deep": (bad, 7)}]}
    await incoming.consumer.handle(replace(an_event(), data=data))
    (dead,) = await incoming.dead.list(1)
    good = "a\u2400b?"
    assert dead.data == {"recipient": None, good: [good, {"deep": [good, 7]}]}


async def test_inbox_is_cleared_completely_in_batches(incoming: Incoming) -> None:
    inbox = incoming.unit.stored.inbox = WatchedInbox()
    inbox.rows = {("gifts", str(n)): NOON - timedelta(days=31) for n in range(2 * BATCH + 1)}
    assert await InboxService(begin=incoming.unit.begin, now=fixed(NOON)).clear(30) == 2 * BATCH + 1
    assert not inbox.rows
    assert set(inbox.limits) == {BATCH}
