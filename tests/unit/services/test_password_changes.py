"""Changing a password: what the former one has opened ends, and the caller's own session goes on."""

from copy import deepcopy
from dataclasses import replace
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hello.entities.accounts import Role
from hello.entities.calendar_feeds import CalendarFeed
from hello.entities.errors import BusyError, ForbiddenError, TooManyError, UnauthorizedError
from hello.entities.sessions import parse_refresh_token
from hello.services.password_changes import ChangePassword, PasswordChangeService
from hello.services.security import Caller, Verified
from hello.services.sessions import BY_ACCOUNT, BY_ADDRESS, BY_PAIR
from tests.support.auth import ADA, BOB, GROUPS, GUESS, HOME, SECRET, AuthFixture, log_in
from tests.support.builders import NOON
from tests.twins.security import Quota, TwinPasswords

NEW = "staple a new battery"


class World(AuthFixture):
    """The sessions of Ada and Bob, and a service that changes Ada's password."""

    def __init__(self, **quotas: Quota) -> None:
        super().__init__(**quotas)
        self.changes = PasswordChangeService(
            begin=self.twin.begin, passwords=self.passwords, limiter=self.limiter, now=self.clock
        )

    async def change(self, token: str | None = None, current: str = SECRET, new: str = NEW) -> None:
        session_id = parse_refresh_token(token).session_id if token else None
        caller = Caller(self.ada.id, Role.USER, session_id)
        await self.changes.change(caller, ChangePassword(address=HOME, current=current, new=new))

    def feed_of(self, account_id: UUID) -> None:
        feed = CalendarFeed(account_id=account_id, key_hash=account_id.bytes, created_at=NOON)
        self.twin.stored.calendar_feeds.rows[account_id] = feed


async def test_only_the_new_password_logs_in() -> None:
    world = World()
    await world.change()
    await world.assert_log_in_fails(log_in())
    assert await world.sessions.log_in(log_in(password=NEW))
    assert await world.log_in(BOB)


async def test_other_sessions_of_the_account_end_and_own_and_strangers_go_on() -> None:
    world = World()
    own, other, strangers = [await world.log_in(email) for email in (ADA, ADA, BOB)]
    await world.change(own)
    assert world.session(other).ended_at == NOON
    await world.assert_refresh_fails(other)
    for token in (own, strangers):
        assert await world.sessions.refresh(token)


async def test_token_without_a_session_ends_all_sessions() -> None:
    world = World()
    tokens = [await world.log_in() for _ in range(2)]
    await world.change()
    for token in tokens:
        await world.assert_refresh_fails(token)


async def test_calendar_feed_of_the_account_is_revoked_and_of_others_is_kept() -> None:
    world = World()
    for account in (world.ada, world.bob):
        world.feed_of(account.id)
    await world.change()
    assert list(world.twin.stored.calendar_feeds.rows) == [world.bob.id]
    assert world.audited == ["account.password_changed", "calendar_feed.revoked"]


async def test_trail_shows_who_changed_it_and_no_secret() -> None:
    world = World()
    await world.change()
    [entry] = world.twin.stored.audit.entries
    assert (entry.action, entry.at) == ("account.password_changed", NOON)
    assert entry.actor_id == entry.subject_id == world.ada.id
    assert not entry.details
    assert not {SECRET, NEW} & set(repr(ChangePassword(address=HOME, current=SECRET, new=NEW)).split("'"))


async def test_wrong_password_is_forbidden_and_changes_nothing() -> None:
    world = World()
    token = await world.log_in()
    with pytest.raises(ForbiddenError):
        await world.change(current=GUESS)
    assert await world.sessions.refresh(token)
    assert await world.log_in()
    assert not world.audited


@pytest.mark.parametrize("group", GROUPS)
async def test_attempts_are_counted_with_those_to_log_in(group: str) -> None:
    world = World(**{group: (2, 60)})
    await world.assert_log_in_fails(log_in(password=GUESS))
    with pytest.raises(ForbiddenError):
        await world.change(current=GUESS)
    with pytest.raises(TooManyError):
        await world.change()
    assert await world.is_throttled(log_in())


async def test_success_clears_the_attempts_of_the_pair_only() -> None:
    world = World(**{BY_PAIR: (2, 60), BY_ADDRESS: (9, 60), BY_ACCOUNT: (9, 60)})
    await world.change()
    assert {group for group, _ in world.limiter.counted} == {BY_ADDRESS, BY_ACCOUNT}


async def test_account_that_is_gone_is_unauthorized() -> None:
    world = World()
    wanted = ChangePassword(address=HOME, current=SECRET, new=NEW)
    with pytest.raises(UnauthorizedError):
        await world.changes.change(Caller(uuid7(), Role.USER), wanted)


async def test_too_many_passwords_at_once_change_nothing() -> None:
    world = World()
    world.passwords.error = BusyError("later")
    with pytest.raises(BusyError):
        await world.change()
    assert not world.audited


class Meanwhile(TwinPasswords):
    """Stores another hash of the account once, after a password was verified."""

    def __init__(self, world: World, stored: str) -> None:
        super().__init__()
        self.world, self.stored = world, [stored]

    async def verify(self, password: str, stored: str | None) -> Verified:
        verified = await super().verify(password, stored)
        if self.stored:
            account = deepcopy(self.world.account(self.world.ada))
            account.password_hash = self.stored.pop()
            self.world.twin.stored.accounts.rows[account.id] = account
        return verified


async def test_password_hashed_by_others_meanwhile_is_verified_once_more() -> None:
    world = World()
    meanwhile = Meanwhile(world, f"dear:{SECRET[::-1]}")
    world.changes = replace(world.changes, passwords=meanwhile)
    await world.change()
    assert world.account(world.ada).password_hash == f"cheap:{NEW[::-1]}"
    assert len(meanwhile.verified) == 2


async def test_of_two_changes_at_once_the_later_is_forbidden() -> None:
    world = World()
    world.changes = replace(world.changes, passwords=Meanwhile(world, f"cheap:{GUESS[::-1]}"))
    with pytest.raises(ForbiddenError):
        await world.change()
    assert world.account(world.ada).password_hash == f"cheap:{GUESS[::-1]}"


async def test_log_in_begins_no_session_when_the_password_changes_meanwhile() -> None:
    world = World()
    world.sessions = replace(world.sessions, passwords=Meanwhile(world, f"cheap:{NEW[::-1]}"))
    await world.assert_log_in_fails(log_in())
    assert not world.twin.stored.sessions.rows
