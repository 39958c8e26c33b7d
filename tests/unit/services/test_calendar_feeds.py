"""Keys of calendar feeds: one for each account, kept as a hash, until it is replaced or revoked."""

from itertools import count

import pytest

from hello.entities.accounts import Role
from hello.entities.errors import UnauthorizedError
from hello.services.calendar_feeds import CalendarFeedService
from hello.services.security import Caller
from tests.support.builders import NOON, StoppedClock, an_account
from tests.twins.transaction import TwinUnitOfWork

ADA, BOB = (Caller(an_account().id, Role.USER) for _ in range(2))


@pytest.fixture
def twin() -> TwinUnitOfWork:
    return TwinUnitOfWork()


@pytest.fixture
def feeds(twin: TwinUnitOfWork) -> CalendarFeedService:
    secrets = count()
    return CalendarFeedService(
        begin=twin.begin, now=StoppedClock(), new_secret=lambda: f"secret-{next(secrets)}"
    )


async def is_good(feeds: CalendarFeedService, key: str) -> bool:
    try:
        await feeds.check(key)
    except UnauthorizedError:
        return False
    return True


async def test_only_the_last_key_of_an_account_is_good(feeds: CalendarFeedService) -> None:
    keys = [await feeds.create(caller) for caller in (ADA, BOB, ADA)]
    assert len(set(keys)) == 3
    assert [await is_good(feeds, key) for key in keys] == [False, True, True]


async def test_revoked_key_is_refused_and_revoking_twice_is_no_error(feeds: CalendarFeedService) -> None:
    key, other = await feeds.create(ADA), await feeds.create(BOB)
    for _ in range(2):
        await feeds.revoke(ADA)
    assert [await is_good(feeds, one) for one in (key, other, "", "secret")] == [False, True, False, False]


async def test_feed_key_is_stored_as_a_hash_and_changes_are_audited(
    feeds: CalendarFeedService, twin: TwinUnitOfWork
) -> None:
    key = await feeds.create(ADA)
    await feeds.revoke(ADA)
    await feeds.create(ADA)
    [feed] = twin.stored.calendar_feeds.rows.values()
    assert (feed.created_at, len(feed.key_hash)) == (NOON, 32)
    assert key.encode() not in feed.key_hash
    trail = twin.stored.audit.entries
    assert [entry.action.split(".") for entry in trail] == [
        ["calendar_feed", what] for what in ("created", "revoked", "created")
    ]
    for entry in trail:
        assert (entry.at, entry.actor_id, entry.subject_id) == (NOON, ADA.account_id, ADA.account_id)
        assert entry.details == {}
