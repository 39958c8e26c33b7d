"""The relay: what it publishes, in which order, what it leaves, and what it tells."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hello.connectors.brokers.outages import Outage
from hello.connectors.brokers.retrying import MAX_ATTEMPTS, RetryingPublisher
from hello.entities.errors import UnavailableError
from hello.entities.events import SHARDS, Event
from hello.services.event_ports import Backlog, Blocker, EventPublisher
from hello.services.relay import FIRST_PAUSE_S, Relay
from tests.support.builders import NOON
from tests.twins.events import (
    Pauses,
    TwinMetrics,
    TwinPublisher,
    TwinShards,
    TwinWakeup,
    an_event,
    fixed,
    numbered,
    numbers_by_subject,
)

POLL_S = 1
ALWAYS = 1_000_000


@dataclass
class Outgoing:
    """A relay and all that it works with."""

    shards: TwinShards = field(default_factory=TwinShards)
    publisher: TwinPublisher = field(default_factory=TwinPublisher)
    wakeup: TwinWakeup = field(default_factory=TwinWakeup)
    metrics: TwinMetrics = field(default_factory=TwinMetrics)
    seed: int = 1
    deadline_s: float = 5

    @property
    def relay(self) -> Relay:
        return self.relay_with(self.publisher)

    def relay_with(self, publisher: EventPublisher) -> Relay:
        return Relay(
            shards=self.shards,
            publisher=publisher,
            wakeup=self.wakeup,
            metrics=self.metrics,
            now=fixed(NOON),
            random=Random(self.seed),  # noqa: S311
            batch=100,
            poll_s=POLL_S,
            deadline_s=self.deadline_s,
        )


def some_names(count: int) -> list[str]:
    return list(map(str, range(count)))


@pytest.fixture
def out() -> Outgoing:
    return Outgoing()


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


async def test_outbox_events_are_published_in_order_and_removed(out: Outgoing) -> None:
    events = numbered(["a", "b", "c"], 5)
    out.shards.add(*events)
    assert await out.relay.run_once() == 15
    assert numbers_by_subject(out.publisher.published) == {name: [0, 1, 2, 3, 4] for name in "abc"}
    assert not out.shards.rows
    assert out.metrics.types == {"order.shipped": 15}


async def test_an_empty_outbox_is_no_work(out: Outgoing) -> None:
    relay = out.relay
    assert not await relay.step()
    await relay.wait()
    assert out.wakeup.waits == [POLL_S]
    assert (out.metrics.lag_s, out.metrics.depth) == (0, 0)


async def test_a_pass_takes_no_more_than_a_batch_of_each_shard(out: Outgoing) -> None:
    out.shards.add(*numbered(["a"], 150))
    assert [await out.relay.run_once() for _ in range(3)] == [100, 50, 0]


async def test_failed_event_blocks_later_events_of_its_subject(out: Outgoing) -> None:
    events = numbered(["a"], 5)
    out.shards.add(*events)
    out.publisher.failures[events[2].id] = 1
    assert await out.relay.run_once() == 2
    assert out.shards.left == events[2:]
    assert await out.relay.run_once() == 3
    assert out.publisher.published == events


async def test_a_failure_ends_the_pass_of_its_shard_only(out: Outgoing) -> None:
    mine, other = numbered(["a"], 2), numbered(["b"], 2)
    assert mine[0].shard != other[0].shard
    out.shards.add(*mine, *other)
    out.publisher.failures[mine[0].id] = ALWAYS
    assert await out.relay.run_once() == 2
    assert out.shards.left == mine


async def test_event_that_always_fails_does_not_block_other_subjects_of_its_shard(out: Outgoing) -> None:
    first = an_event("a")
    others = [event for event in numbered(some_names(500), 1) if event.shard == first.shard]
    out.shards.add(first, *others)
    out.publisher.failures[first.id] = ALWAYS
    while await out.relay.run_once():
        pass
    assert out.shards.left == [first]


async def test_events_confirmed_within_the_deadline_are_removed(out: Outgoing) -> None:
    events = numbered(["a"], 20)
    out.shards.add(*events)
    out.publisher.delay_s, out.deadline_s = 0.02, 0.1
    published = await out.relay.run_once()
    assert 1 <= published < 20
    assert out.shards.left == events[published:]


async def test_a_relay_that_dies_before_it_removes_publishes_again(out: Outgoing) -> None:
    events = numbered(["a"], 3)
    out.shards.add(*events)
    out.publisher.delay_s = 0.02
    dying = asyncio.create_task(out.relay.run_once())
    async with asyncio.timeout(20):
        while not out.publisher.published:
            await asyncio.sleep(0)
    dying.cancel()
    await asyncio.wait([dying])
    assert out.publisher.published == events[:1]
    await out.relay.run_once()
    assert out.publisher.published == [events[0], *events]


async def test_confirmed_events_of_a_packed_row_are_not_published_again(out: Outgoing) -> None:
    people = [an_event(name, "person.saved") for name in "abc"]
    out.shards.add_row(*people)
    out.publisher.failures[people[1].id] = 1
    assert await out.relay.run_once() == 2
    assert out.shards.left == [people[1]]
    assert await out.relay.run_once() == 1
    assert not out.shards.rows
    assert out.metrics.types == {"person.saved": 3}


async def test_a_broker_too_slow_for_a_whole_row_is_only_slow(out: Outgoing) -> None:
    people = [an_event(name, "person.saved") for name in some_names(500)]
    out.shards.add_row(*people)
    out.publisher.delay_s, out.deadline_s = 0.02, 0.05
    while out.shards.rows:
        await out.relay.run_once()
    assert sorted(event.id for event in out.publisher.published) == sorted(event.id for event in people)


async def test_a_relay_that_was_stopped_past_its_deadline_publishes_nothing_more(out: Outgoing) -> None:
    """Its timers have not been called yet when it goes on."""
    events = numbered(["a"], 5)
    out.shards.add(*events)
    clock = iter([0, 1, out.deadline_s])
    relay = out.relay
    relay.elapsed = lambda: next(clock)
    assert await relay.run_once() == 1
    assert out.publisher.published == events[:1]


async def test_the_order_of_a_subject_is_kept_across_rows(out: Outgoing) -> None:
    saved = [replace(an_event("a", "person.saved"), data={"number": number}) for number in range(4)]
    for mine in saved:
        out.shards.add_row(an_event("b", "person.saved"), mine)
    assert await out.relay.run_once() == 8
    assert [event for event in out.publisher.published if event.subject == "a"] == saved


async def test_a_shard_that_another_relay_has_is_left_to_it(out: Outgoing) -> None:
    mine, other = an_event("a"), an_event("b")
    out.shards.add(mine, other)
    out.shards.taken = {other.shard}
    assert await out.relay.run_once() == 1
    assert out.shards.left == [other]


async def test_session_that_keeps_relays_from_the_outbox_is_named_until_something_goes_out(
    out: Outgoing,
) -> None:
    event, relay = an_event(), out.relay
    out.shards.add(event)
    out.shards.taken = {event.shard}
    out.shards.blocking = Blocker(4242, "hello", "psql", NOON - timedelta(seconds=30))
    await relay.run_once()
    assert out.metrics.blocked_s == 30
    with pytest.raises(UnavailableError) as raised:
        await relay.check()
    assert raised.value.reason == (
        "the outbox is locked by pid 4242 (psql, database hello) since 2026-06-15T11:59:30+00:00"
    )
    out.shards.taken = set()
    await relay.run_once()
    assert out.metrics.blocked_s == 0
    await relay.check()


@dataclass
class LockedShards(TwinShards):
    """Cannot be read, and neither can the blocker if `is_away`."""

    is_away: bool = False

    async def backlog(self) -> Backlog:
        raise UnavailableError("no answer in time")

    async def blocker(self) -> Blocker | None:
        if self.is_away:
            raise UnavailableError("the database is away")
        return self.blocking


BLOCKER = Blocker(4242, "hello", "psql", NOON - timedelta(seconds=30))


@pytest.mark.parametrize(
    ("shards", "blocked_s"),
    [
        (LockedShards(blocking=BLOCKER), 30),
        (LockedShards(blocking=replace(BLOCKER, since=NOON + timedelta(seconds=1))), 0),
        (LockedShards(), 0),
        (LockedShards(is_away=True), 0),
    ],
    ids=["blocker", "blocker by a clock ahead of ours", "no blocker", "no database"],
)
async def test_blocker_of_an_outbox_that_cannot_be_read_is_measured(
    out: Outgoing, shards: LockedShards, blocked_s: float
) -> None:
    out.shards, out.metrics.blocked_s = shards, 7
    relay = out.relay
    with pytest.raises(UnavailableError, match="no answer in time"):
        await relay.run_once()
    assert out.metrics.blocked_s == blocked_s
    if shards.blocking:
        with pytest.raises(UnavailableError, match="the outbox is locked"):
            await relay.check()
    else:
        await relay.check()


async def test_no_blocker_is_looked_for_while_events_go_out(out: Outgoing) -> None:
    first, second = an_event("a"), an_event("b")
    out.shards.add(first, second)
    out.shards.taken, out.shards.blocking = {second.shard}, BLOCKER
    relay = out.relay
    assert await relay.run_once() == 1
    await relay.check()
    assert out.metrics.blocked_s == 0


async def test_relays_begin_with_different_shards() -> None:
    events = numbered(some_names(200), 1)
    firsts = set()
    for seed in range(10):
        again = Outgoing(seed=seed)
        again.shards.add(*events)
        await again.relay.run_once()
        assert len(again.shards.claimed) == SHARDS
        firsts.add(again.shards.claimed[0])
    assert len(firsts) > 3


async def test_lag_is_measured_while_publishing_fails(out: Outgoing) -> None:
    late = replace(an_event("a"), time=NOON - timedelta(seconds=90))
    out.shards.add(late, an_event("a"))
    out.publisher.failures[late.id] = ALWAYS
    await out.relay.run_once()
    assert (out.metrics.lag_s, out.metrics.depth) == (90, 2)


async def test_unpublished_events_are_retried_with_back_off(out: Outgoing) -> None:
    event = an_event()
    out.shards.add(event)
    relay = out.relay
    await relay.run_once()
    out.shards.add(event)
    out.shards.taken = {event.shard}
    for _ in range(10):
        assert not await relay.step()
        await relay.wait()
    assert out.wakeup.waits[:3] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert out.wakeup.waits[-2:] == [POLL_S, POLL_S]


async def test_failed_publish_is_retried_after_a_pause_and_counted(
    out: Outgoing, logs: list[EventDict]
) -> None:
    event, pauses = an_event(), Pauses()
    out.publisher.failures[event.id] = 2
    await RetryingPublisher(
        publisher=out.publisher, metrics=out.metrics, outage=Outage("relay"), sleep=pauses
    ).publish(event)
    assert out.publisher.published == [event]
    assert out.metrics.tries == {True: 1, False: 2}
    assert len(pauses.slept) == 2
    assert [entry["event"] for entry in logs] == ["broker unavailable", "broker available again"]


async def test_publish_retries_are_bounded(out: Outgoing) -> None:
    event, pauses = an_event(), Pauses()
    out.publisher.failures[event.id] = ALWAYS
    publisher = RetryingPublisher(
        publisher=out.publisher, metrics=out.metrics, outage=Outage("relay"), sleep=pauses
    )
    with pytest.raises(UnavailableError):
        await publisher.publish(event)
    assert out.publisher.tried == [event.id] * MAX_ATTEMPTS
    assert sum(pauses.slept) < 3


async def test_unavailable_broker_costs_no_more_than_the_deadline(out: Outgoing) -> None:
    events = numbered(["a"], 3)
    out.shards.add(*events)
    out.publisher.failures = dict.fromkeys([event.id for event in events], ALWAYS)
    out.publisher.delay_s, out.deadline_s = 0.1, 0.25
    publisher = RetryingPublisher(publisher=out.publisher, metrics=out.metrics, outage=Outage("relay"))
    async with asyncio.timeout(1):
        assert await out.relay_with(publisher).run_once() == 0
    assert out.shards.left == events


async def test_step_with_an_event_asks_for_another_step(out: Outgoing) -> None:
    out.shards.add(an_event())
    assert [await out.relay.step() for _ in range(2)] == [True, False]


async def test_a_broker_that_never_answers_costs_no_more_than_the_deadline(out: Outgoing) -> None:
    class Silent:
        async def publish(self, _: Event) -> None:
            await asyncio.Event().wait()

    events = numbered(["a", "b"], 2)
    out.shards.add(*events)
    out.deadline_s = 0.05
    async with asyncio.timeout(5):
        assert await out.relay_with(Silent()).run_once() == 0
    assert out.shards.left == events
