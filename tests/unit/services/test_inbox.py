"""The inbox of consumers, and its removal of old entries."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hello.services.gifts import GIFTS
from hello.services.inbox import BATCH, InboxService
from tests.support.builders import NOON
from tests.support.consumers import ConsumerFixture, WatchedInbox
from tests.twins.events import (
    an_event,
    fixed,
)


@pytest.fixture
def incoming() -> ConsumerFixture:
    return ConsumerFixture()


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


async def test_old_inbox_entries_are_removed(incoming: ConsumerFixture) -> None:
    ages = [1, 29, 31, 400]
    for age in ages:
        async with incoming.unit.begin() as tx:
            await tx.inbox.add("gifts", str(age), NOON - timedelta(days=age))
    inbox = InboxService(begin=incoming.unit.begin, now=fixed(NOON))
    assert await inbox.clear(30) == 2
    assert {int(event_id) for _, event_id in incoming.unit.stored.inbox.rows} == {1, 29}


async def test_inbox_has_consumer_and_time_of_each_event(incoming: ConsumerFixture) -> None:
    event, other = an_event(recipient="Ada"), replace(GIFTS, name="other")
    await incoming.consumer.handle(event)
    await replace(incoming.consumer, subscription=other).handle(event)
    assert incoming.unit.stored.inbox.rows == {("gifts", event.id): NOON, ("other", event.id): NOON}
    assert incoming.gifts("Ada") == 2


async def test_inbox_is_cleared_completely_in_batches(incoming: ConsumerFixture) -> None:
    inbox = incoming.unit.stored.inbox = WatchedInbox()
    inbox.rows = {("gifts", str(n)): NOON - timedelta(days=31) for n in range(2 * BATCH + 1)}
    assert await InboxService(begin=incoming.unit.begin, now=fixed(NOON)).clear(30) == 2 * BATCH + 1
    assert not inbox.rows
    assert set(inbox.limits) == {BATCH}
