"""A refresh whose answer was lost may be repeated for some seconds, as long as its successor is unused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.auth import AuthFixture

GRACE = timedelta(seconds=10)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def auth() -> AuthFixture:
    auth = AuthFixture()
    auth.sessions = replace(auth.sessions, grace=GRACE)
    return auth


async def refreshed(auth: AuthFixture, token: str) -> str:
    return (await auth.sessions.refresh(token)).refresh


async def test_former_token_works_again_within_the_grace(auth: AuthFixture) -> None:
    first = await auth.log_in()
    lost = await refreshed(auth, first)
    auth.clock.move(GRACE - INSTANT)
    second = await refreshed(auth, first)
    assert second != lost
    assert await refreshed(auth, second)
    assert not auth.audited


async def test_former_token_is_a_reuse_after_the_grace(auth: AuthFixture) -> None:
    first = await auth.log_in()
    await refreshed(auth, first)
    auth.clock.move(GRACE)
    await auth.assert_refresh_fails(first, "used before")
    assert auth.audited == ["session.revoked"]


async def test_repetition_does_not_extend_the_grace(auth: AuthFixture) -> None:
    first = await auth.log_in()
    await refreshed(auth, first)
    auth.clock.move(GRACE / 2)
    await refreshed(auth, first)
    auth.clock.move(GRACE / 2)
    await auth.assert_refresh_fails(first, "used before")


@pytest.mark.parametrize("repeated", [False, True])
async def test_former_token_is_a_reuse_once_its_successor_was_used(
    auth: AuthFixture, *, repeated: bool
) -> None:
    first = await auth.log_in()
    successor = await refreshed(auth, first)
    if repeated:
        successor = await refreshed(auth, first)
    newest = await refreshed(auth, successor)
    await auth.assert_refresh_fails(first, "used before")
    await auth.assert_refresh_fails(newest)


async def test_replaced_successor_is_a_reuse_within_the_grace(auth: AuthFixture) -> None:
    first = await auth.log_in()
    replaced = await refreshed(auth, first)
    newest = await refreshed(auth, first)
    await auth.assert_refresh_fails(replaced, "used before")
    await auth.assert_refresh_fails(newest)
    assert auth.audited == ["session.revoked"]


async def test_no_other_token_has_a_grace(auth: AuthFixture) -> None:
    first = await auth.log_in()
    await refreshed(auth, await refreshed(auth, first))
    await auth.assert_refresh_fails(first, "used before")


async def test_former_token_of_an_ended_session_is_refused(auth: AuthFixture) -> None:
    first = await auth.log_in()
    await refreshed(auth, first)
    auth.session(first).ended_at = auth.clock()
    await auth.assert_refresh_fails(first)


async def test_grace_of_zero_is_none_with_a_clock_that_is_late(auth: AuthFixture) -> None:
    auth.sessions = replace(auth.sessions, grace=timedelta(0))
    first = await auth.log_in()
    await refreshed(auth, first)
    auth.clock.move(-GRACE)
    await auth.assert_refresh_fails(first, "used before")
