"""Limits of log-ins: what each quota counts, and what clears it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hello.entities.errors import TooManyError
from hello.services.security import LimitStatus
from hello.services.sessions import BY_ACCOUNT, BY_ADDRESS, BY_PAIR, LogIn
from tests.support.auth import (
    ADA,
    AWAY,
    BOB,
    GROUPS,
    GUESS,
    HOME,
    AuthFixture,
    log_in,
)
from tests.twins.security import TwinLimiter


@pytest.fixture
def auth() -> AuthFixture:
    return AuthFixture()


@pytest.mark.parametrize("group", GROUPS)
async def test_past_a_quota_not_even_the_right_password_is_looked_at(group: str) -> None:
    auth = AuthFixture(**{group: (2, 60)})
    for _ in range(2):
        await auth.assert_log_in_fails(log_in(password=GUESS))
    auth.clock.move(timedelta(seconds=15))
    auth.passwords.verified.clear()
    with pytest.raises(TooManyError) as raised:
        await auth.log_in()
    assert raised.value.retry_after_s == 45
    assert not auth.passwords.verified
    assert auth.log_ins == ["refused", "refused", "limited"]
    auth.clock.move(timedelta(seconds=45))
    assert await auth.log_in()


@pytest.mark.parametrize(
    ("group", "refused"),
    [
        (BY_PAIR, [log_in(ADA.upper())]),
        (BY_ADDRESS, [log_in(BOB), log_in(ADA.upper())]),
        (BY_ACCOUNT, [log_in(address=AWAY), log_in(ADA.upper())]),
    ],
)
async def test_log_in_quotas_count_pair_address_and_account(group: str, refused: list[LogIn]) -> None:
    auth = AuthFixture(**{group: (1, 60)})
    await auth.assert_log_in_fails(log_in(password=GUESS))
    tried = [log_in(address=AWAY), log_in(BOB), log_in(ADA.upper())]
    assert [wanted for wanted in tried if await auth.is_throttled(wanted)] == refused


async def test_a_success_clears_what_the_pair_has_tried() -> None:
    auth = AuthFixture(login_pair=(2, 60))
    await auth.assert_log_in_fails(log_in(password=GUESS))
    await auth.log_in()
    assert not await auth.is_throttled(log_in())


@pytest.mark.parametrize("group", [BY_ADDRESS, BY_ACCOUNT])
async def test_a_success_clears_nothing_else(group: str) -> None:
    auth = AuthFixture(**{group: (2, 60)})
    await auth.assert_log_in_fails(log_in(password=GUESS))
    await auth.log_in()
    assert await auth.is_throttled(log_in())


async def test_a_wrong_password_clears_nothing() -> None:
    auth = AuthFixture(login_pair=(3, 60))
    for _ in range(3):
        await auth.assert_log_in_fails(log_in(password=GUESS))
    assert await auth.is_throttled(log_in())


async def test_throttled_address_does_not_lock_out_other_addresses() -> None:
    auth = AuthFixture(login_pair=(2, 60), login_account=(3, 60))
    for _ in range(10):
        await auth.is_throttled(log_in(password=GUESS))
    assert not await auth.is_throttled(log_in(address=AWAY))


async def test_counters_show_neither_e_mails_nor_addresses() -> None:
    auth = AuthFixture(**dict.fromkeys(GROUPS, (9, 60)))
    await auth.assert_log_in_fails(log_in(password=GUESS))
    keys = {key for _, key in auth.limiter.counted}
    assert len(keys) == len(GROUPS)
    assert not any(text.casefold() in key for key in keys for text in (ADA, HOME))


@pytest.mark.parametrize(("reset_s", "retry_after_s"), [(0, 1), (1, 1), (7, 7)])
async def test_throttled_log_in_has_a_retry_after(
    auth: AuthFixture, reset_s: int, retry_after_s: int
) -> None:
    class Full(TwinLimiter):
        async def hit(self, group: str, key: str) -> LimitStatus | None:
            del group, key
            return LimitStatus(quota=1, window_s=60, remaining=0, reset_s=reset_s, is_exceeded=True)

    sessions = replace(auth.sessions, limiter=Full({}, lambda: 0))
    with pytest.raises(TooManyError, match="too many attempts") as refused:
        await sessions.log_in(log_in())
    assert refused.value.retry_after_s == retry_after_s
