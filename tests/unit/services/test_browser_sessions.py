"""Sessions of browsers."""

from datetime import timedelta

import pytest

from hello.entities.accounts import Role
from hello.entities.sessions import RefreshToken, parse_refresh_token
from hello.services.browser_sessions import BrowserSessionService
from tests.support.auth import LIFETIME, AuthFixture
from tests.support.builders import NOON
from tests.twins.lookups import twin_lookups


@pytest.fixture
def auth() -> AuthFixture:
    return AuthFixture()


@pytest.fixture
def browsers(auth: AuthFixture) -> BrowserSessionService:
    lookups = twin_lookups(auth.twin.begin)
    return BrowserSessionService(begin=auth.twin.begin, lookup=lookups.sessions, now=auth.clock)


async def test_token_of_a_log_in_proves_the_visitor(
    auth: AuthFixture, browsers: BrowserSessionService
) -> None:
    token = await auth.log_in()
    visitor = await browsers.find(token)
    assert visitor is not None
    assert (visitor.caller.account_id, visitor.email) == (auth.ada.id, auth.ada.email)
    assert visitor.full_name == auth.ada.full_name
    assert not visitor.is_admin
    assert visitor.caller.session_id == auth.session(token).id
    assert visitor.caller.expires_at == (NOON + LIFETIME).timestamp()


async def test_role_is_the_present_one(auth: AuthFixture, browsers: BrowserSessionService) -> None:
    token = await auth.log_in()
    auth.account(auth.ada).role = Role.ADMIN
    visitor = await browsers.find(token)
    assert visitor is not None
    assert visitor.is_admin


@pytest.mark.parametrize("token", ["", "x", "x.y", f"{'0' * 32}.secret-0", "ä.b"])
async def test_other_text_proves_nobody(browsers: BrowserSessionService, token: str) -> None:
    assert await browsers.find(token) is None


async def test_wrong_secret_proves_nobody(auth: AuthFixture, browsers: BrowserSessionService) -> None:
    session_id = parse_refresh_token(await auth.log_in()).session_id
    assert await browsers.find(str(RefreshToken(session_id, "guess"))) is None


async def test_expired_session_proves_nobody(auth: AuthFixture, browsers: BrowserSessionService) -> None:
    token = await auth.log_in()
    auth.clock.move(LIFETIME - timedelta(seconds=1))
    assert await browsers.find(token)
    auth.clock.move(timedelta(seconds=1))
    assert await browsers.find(token) is None


async def test_logged_out_session_proves_nobody(auth: AuthFixture, browsers: BrowserSessionService) -> None:
    token, other = await auth.log_in(), await auth.log_in()
    visitor = await browsers.find(token)
    assert visitor is not None
    await auth.sessions.log_out(visitor.caller, token)
    assert await browsers.find(token) is None
    assert await browsers.find(other)


async def test_all_sessions_of_the_account_end_at_once(
    auth: AuthFixture, browsers: BrowserSessionService
) -> None:
    tokens, of_bob = [await auth.log_in() for _ in range(3)], await auth.log_in(auth.bob.email)
    visitor = await browsers.find(tokens[0])
    assert visitor is not None
    await browsers.end_all(visitor.caller)
    assert [await browsers.find(token) for token in tokens] == [None] * 3
    assert await browsers.find(of_bob)
    [entry] = auth.twin.stored.audit.entries
    assert (entry.action, entry.details) == ("session.ended", {"sessions": "all"})
    assert (entry.at, entry.actor_id, entry.subject_id) == (auth.clock(), auth.ada.id, auth.ada.id)
