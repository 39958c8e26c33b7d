"""How long a full broker is left alone, and what the log and the metric say of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hello.connectors.brokers.full_broker import FIRST_PAUSE_S, MAX_PAUSE_S, FullBrokerPublisher
from hello.connectors.brokers.metrics import relay_counts
from hello.connectors.brokers.outages import BrokerFullError, Outage
from hello.connectors.brokers.retrying import RetryingPublisher
from hello.entities.events import Event
from tests.twins.events import Pauses, TwinMetrics, an_event


@dataclass
class FullPublisher:
    """The broker: as long as it is full, it refuses."""

    is_full: bool = True
    tries: int = 0

    async def publish(self, event: Event) -> None:
        assert event
        self.tries += 1
        if self.is_full:
            raise BrokerFullError("full", reason="no memory")


@dataclass
class FullBrokerFixture:
    seconds: float = 0
    broker: FullPublisher = field(default_factory=FullPublisher)
    states: list[bool] = field(default_factory=list)

    def publisher(self) -> FullBrokerPublisher:
        return FullBrokerPublisher(
            publisher=self.broker, report_full=self.states.append, elapsed=lambda: self.seconds
        )


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


async def is_refused(publisher: FullBrokerPublisher) -> bool:
    try:
        await publisher.publish(an_event())
    except BrokerFullError as error:
        return error.reason == "no memory"
    return False


async def test_full_broker_is_asked_after_growing_pauses_only(logs: list[EventDict]) -> None:
    fixture, asked_at = FullBrokerFixture(), list[float]()
    publisher = fixture.publisher()
    while fixture.seconds < 200:
        tries = fixture.broker.tries
        assert await is_refused(publisher)
        if fixture.broker.tries > tries:
            asked_at.append(fixture.seconds)
        fixture.seconds += 0.5
    pauses = [later - earlier for earlier, later in pairwise(asked_at)]
    assert pauses[:4] == [FIRST_PAUSE_S, 2, 4, 8]
    assert set(pauses[5:]) == {MAX_PAUSE_S}
    assert [entry["event"] for entry in logs] == ["broker is full, events wait in the outbox"]


async def test_publishing_goes_on_when_there_is_room_and_a_later_pause_is_short(
    logs: list[EventDict],
) -> None:
    fixture = FullBrokerFixture()
    publisher = fixture.publisher()
    for fixture.seconds in (0, 1, 3):
        assert await is_refused(publisher)
    fixture.broker.is_full = False
    fixture.seconds = 6.9
    assert await is_refused(publisher)
    fixture.seconds = 7
    assert not await is_refused(publisher)
    assert (fixture.states[-1], [entry["event"] for entry in logs][1:]) == (False, ["broker has room again"])
    fixture.broker.is_full = True
    assert await is_refused(publisher)
    fixture.broker.is_full, fixture.seconds = False, 8
    assert not await is_refused(publisher)


async def test_event_that_a_full_broker_refused_is_not_tried_again_at_once(logs: list[EventDict]) -> None:
    fixture, pauses = FullBrokerFixture(), Pauses()
    retrying = RetryingPublisher(
        publisher=fixture.publisher(), metrics=TwinMetrics(), outage=Outage("relay"), sleep=pauses
    )
    with pytest.raises(BrokerFullError):
        await retrying.publish(an_event())
    assert (fixture.broker.tries, pauses.slept) == (1, [])
    assert [entry["event"] for entry in logs] == ["broker is full, events wait in the outbox"]


async def test_full_broker_that_is_asked_no_more_is_no_reason_to_be_degraded() -> None:
    """Another relay may have published what waited."""
    fixture = FullBrokerFixture()
    publisher = fixture.publisher()
    assert await is_refused(publisher)
    with pytest.raises(BrokerFullError):
        await publisher.check()
    fixture.seconds += FIRST_PAUSE_S + MAX_PAUSE_S
    await publisher.check()


@pytest.mark.parametrize(("depth", "is_full"), [(0, 0), (3, 1)])
def test_broker_counts_as_full_only_while_events_wait(depth: int, is_full: int) -> None:
    registry = CollectorRegistry()
    counts = relay_counts(registry)
    counts.full.set(1)
    counts.backlog(1, depth)
    assert registry.get_sample_value("events_broker_full") == is_full
