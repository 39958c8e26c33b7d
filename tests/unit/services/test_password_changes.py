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


class ChangeFixture(AuthFixture):
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
    auth = ChangeFixture()
    await auth.change()
    await auth.assert_log_in_fails(log_in())
    assert await auth.sessions.log_in(log_in(password=NEW))
    assert await auth.log_in(BOB)


async def test_other_sessions_of_the_account_end_and_own_and_strangers_go_on() -> None:
    auth = ChangeFixture()
    own, other, strangers = [await auth.log_in(email) for email in (ADA, ADA, BOB)]
    await auth.change(own)
    assert auth.session(other).ended_at == NOON
    await auth.assert_refresh_fails(other)
    for token in (own, strangers):
        assert await auth.sessions.refresh(token)


async def test_token_without_a_session_ends_all_sessions() -> None:
    auth = ChangeFixture()
    tokens = [await auth.log_in() for _ in range(2)]
    await auth.change()
    for token in tokens:
        await auth.assert_refresh_fails(token)


async def test_calendar_feed_of_the_account_is_revoked_and_of_others_is_kept() -> None:
    auth = ChangeFixture()
    for account in (auth.ada, auth.bob):
        auth.feed_of(account.id)
    await auth.change()
    assert list(auth.twin.stored.calendar_feeds.rows) == [auth.bob.id]
    assert auth.audited == ["account.password_changed", "calendar_feed.revoked"]


async def test_trail_shows_who_changed_it_and_no_secret() -> None:
    auth = ChangeFixture()
    await auth.change()
    [entry] = auth.twin.stored.audit.entries
    assert (entry.action, entry.at) == ("account.password_changed", NOON)
    assert entry.actor_id == entry.subject_id == auth.ada.id
    assert not entry.details
    assert not {SECRET, NEW} & set(repr(ChangePassword(address=HOME, current=SECRET, new=NEW)).split("'"))


async def test_wrong_password_is_forbidden_and_changes_nothing() -> None:
    auth = ChangeFixture()
    token = await auth.log_in()
    with pytest.raises(ForbiddenError):
        await auth.change(current=GUESS)
    assert await auth.sessions.refresh(token)
    assert await auth.log_in()
    assert not auth.audited


@pytest.mark.parametrize("group", GROUPS)
async def test_password_changes_share_the_log_in_limits(group: str) -> None:
    auth = ChangeFixture(**{group: (2, 60)})
    await auth.assert_log_in_fails(log_in(password=GUESS))
    with pytest.raises(ForbiddenError):
        await auth.change(current=GUESS)
    with pytest.raises(TooManyError):
        await auth.change()
    assert await auth.is_throttled(log_in())


async def test_success_clears_the_attempts_of_the_pair_only() -> None:
    auth = ChangeFixture(**{BY_PAIR: (2, 60), BY_ADDRESS: (9, 60), BY_ACCOUNT: (9, 60)})
    await auth.change()
    assert {group for group, _ in auth.limiter.counted} == {BY_ADDRESS, BY_ACCOUNT}


async def test_account_that_is_gone_is_unauthorized() -> None:
    auth = ChangeFixture()
    wanted = ChangePassword(address=HOME, current=SECRET, new=NEW)
    with pytest.raises(UnauthorizedError):
        await auth.changes.change(Caller(uuid7(), Role.USER), wanted)


async def test_too_many_passwords_at_once_change_nothing() -> None:
    auth = ChangeFixture()
    auth.passwords.error = BusyError("later")
    with pytest.raises(BusyError):
        await auth.change()
    assert not auth.audited


class Meanwhile(TwinPasswords):
    """Stores another hash of the account once, after a password was verified."""

    def __init__(self, auth: ChangeFixture, stored: str) -> None:
        super().__init__()
        self.auth, self.stored = auth, [stored]

    async def verify(self, password: str, stored: str | None) -> Verified:
        verified = await super().verify(password, stored)
        if self.stored:
            account = deepcopy(self.auth.account(self.auth.ada))
            account.password_hash = self.stored.pop()
            self.auth.twin.stored.accounts.rows[account.id] = account
        return verified


async def test_password_hashed_by_others_meanwhile_is_verified_once_more() -> None:
    auth = ChangeFixture()
    meanwhile = Meanwhile(auth, f"dear:{SECRET[::-1]}")
    auth.changes = replace(auth.changes, passwords=meanwhile)
    await auth.change()
    assert auth.account(auth.ada).password_hash == f"cheap:{NEW[::-1]}"
    assert len(meanwhile.verified) == 2


async def test_second_of_two_concurrent_changes_is_forbidden() -> None:
    auth = ChangeFixture()
    auth.changes = replace(auth.changes, passwords=Meanwhile(auth, f"cheap:{GUESS[::-1]}"))
    with pytest.raises(ForbiddenError):
        await auth.change()
    assert auth.account(auth.ada).password_hash == f"cheap:{GUESS[::-1]}"


async def test_log_in_begins_no_session_when_the_password_changes_meanwhile() -> None:
    auth = ChangeFixture()
    auth.sessions = replace(auth.sessions, passwords=Meanwhile(auth, f"cheap:{NEW[::-1]}"))
    await auth.assert_log_in_fails(log_in())
    assert not auth.twin.stored.sessions.rows
