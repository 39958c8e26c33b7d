"""Logging in, staying in and logging out."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hello.entities.accounts import Role
from hello.entities.errors import BusyError, UnauthorizedError
from hello.entities.sessions import RefreshToken, parse_refresh_token
from hello.services.security import Caller
from tests.support.auth import (
    ADA,
    BOB,
    GUESS,
    LIFETIME,
    NOT_VALID,
    SECRET,
    WRONG,
    AuthFixture,
    log_in,
)
from tests.support.builders import NOON


@pytest.fixture
def auth() -> AuthFixture:
    return AuthFixture()


@pytest.mark.parametrize("email", [ADA, ADA.upper(), ADA.lower()])
async def test_right_password_gets_tokens(auth: AuthFixture, email: str) -> None:
    tokens = await auth.sessions.log_in(log_in(email))
    assert auth.access_tokens.read(tokens.access.text) == Caller(auth.ada.id, Role.USER)
    assert tokens.access.expires_in_s == 900
    session = auth.session(tokens.refresh)
    assert (session.account_id, session.expires_at, session.ended_at) == (auth.ada.id, NOON + LIFETIME, None)


async def test_secrets_are_neither_stored_nor_shown(auth: AuthFixture) -> None:
    tokens = await auth.sessions.log_in(log_in())
    secret = parse_refresh_token(tokens.refresh).secret
    assert secret.encode() not in auth.session(tokens.refresh).token_hash
    assert SECRET not in repr(log_in())
    assert secret not in repr(tokens)
    assert "token_hash" not in repr(auth.session(tokens.refresh))


async def test_a_wrong_password_and_an_unknown_e_mail_are_the_same_and_the_same_work(
    auth: AuthFixture,
) -> None:
    for email in (ADA, "nobody@example.com"):
        with pytest.raises(UnauthorizedError) as raised:
            await auth.sessions.log_in(log_in(email, GUESS))
        assert str(raised.value) == WRONG
    assert auth.passwords.verified == [(GUESS, auth.ada.password_hash), (GUESS, None)]
    assert not auth.twin.stored.sessions.rows


async def test_too_many_passwords_at_once_begin_no_session(auth: AuthFixture) -> None:
    auth.passwords.error = BusyError("later")
    with pytest.raises(BusyError):
        await auth.log_in()
    assert not auth.twin.stored.sessions.rows


async def test_log_in_with_an_outdated_hash_enqueues_a_rehash(
    auth: AuthFixture,
) -> None:
    auth.passwords.cost = "dear"
    await auth.assert_log_in_fails(log_in(password=GUESS))
    assert not auth.jobs
    await auth.log_in()
    assert auth.account(auth.ada).password_hash == auth.ada.password_hash
    [job] = auth.jobs
    await job.run()
    assert auth.account(auth.ada).password_hash == await auth.passwords.hash(SECRET)
    assert auth.account(auth.bob).password_hash == auth.bob.password_hash
    await auth.log_in()
    assert auth.jobs == [job]


async def test_a_log_in_hashes_nothing_itself(auth: AuthFixture) -> None:
    auth.passwords.cost = "dear"
    await auth.log_in()
    assert not auth.passwords.hashed


async def test_a_password_that_was_changed_meanwhile_stays(auth: AuthFixture) -> None:
    auth.passwords.cost = "dear"
    await auth.log_in()
    changed = auth.account(auth.ada).password_hash = f"dear:{GUESS}"
    await auth.jobs[0].run()
    assert auth.account(auth.ada).password_hash == changed


async def test_rehash_job_shows_neither_password_nor_hash(auth: AuthFixture) -> None:
    auth.passwords.cost = "dear"
    await auth.log_in()
    [job] = auth.jobs
    for text in (repr(job), str(job), repr(job.run)):
        assert SECRET not in text
        assert auth.ada.password_hash not in text


async def test_log_in_removes_expired_sessions_of_its_account(auth: AuthFixture) -> None:
    olds = [await auth.log_in(email) for email in (ADA, BOB)]
    auth.clock.move(LIFETIME)
    news = await auth.log_in()
    kept = {parse_refresh_token(token).session_id for token in (olds[1], news)}
    assert set(auth.twin.stored.sessions.rows) == kept


async def test_a_refresh_gives_new_tokens_of_the_same_session(auth: AuthFixture) -> None:
    first = await auth.log_in()
    auth.clock.move(timedelta(days=7))
    tokens = await auth.sessions.refresh(first)
    assert tokens.refresh != first
    assert auth.session(tokens.refresh).id == auth.session(first).id
    assert auth.session(first).expires_at == NOON + timedelta(days=7) + LIFETIME
    assert auth.access_tokens.read(tokens.access.text) == Caller(auth.ada.id, Role.USER)
    assert await auth.sessions.refresh(tokens.refresh)
    assert not auth.audited


async def test_a_refresh_gives_the_role_of_now(auth: AuthFixture) -> None:
    token = await auth.log_in()
    auth.account(auth.ada).role = Role.ADMIN
    tokens = await auth.sessions.refresh(token)
    assert auth.access_tokens.read(tokens.access.text).role is Role.ADMIN


async def test_a_token_that_is_used_again_ends_its_session_for_good(auth: AuthFixture) -> None:
    """The error must not undo the end."""
    first, other = await auth.log_in(), await auth.log_in()
    newest = (await auth.sessions.refresh(first)).refresh
    auth.clock.move(timedelta(hours=1))
    await auth.assert_refresh_fails(first, "used before")
    assert auth.session(first).ended_at == NOON + timedelta(hours=1)
    for token in (newest, first):
        await auth.assert_refresh_fails(token)
    assert await auth.sessions.refresh(other)


async def test_token_reuse_is_audited_once(auth: AuthFixture) -> None:
    first = await auth.log_in()
    await auth.sessions.refresh(first)
    await auth.assert_refresh_fails(first, "used before")
    await auth.assert_refresh_fails(first)
    [entry] = auth.twin.stored.audit.entries
    assert (entry.at, entry.action) == (NOON, "session.revoked")
    assert entry.actor_id == entry.subject_id == auth.ada.id
    assert entry.details == {"session_id": str(auth.session(first).id)}


async def test_a_session_runs_out_when_it_is_not_refreshed(auth: AuthFixture) -> None:
    token = await auth.log_in()
    for idle in (LIFETIME / 2, LIFETIME / 2, LIFETIME - timedelta(microseconds=1)):
        auth.clock.move(idle)
        token = (await auth.sessions.refresh(token)).refresh
    auth.clock.move(LIFETIME)
    await auth.assert_refresh_fails(token)
    assert not auth.audited


async def test_an_old_token_of_a_session_that_has_run_out_is_no_reuse(auth: AuthFixture) -> None:
    first = await auth.log_in()
    await auth.sessions.refresh(first)
    auth.clock.move(LIFETIME)
    await auth.assert_refresh_fails(first)
    assert auth.session(first).ended_at is None
    assert not auth.audited


def garbage() -> st.SearchStrategy[str]:
    """Texts, and texts that look like tokens: of no session, of a strange form, with strange letters."""
    session = st.uuids().map(str) | st.uuids().map(lambda found: found.hex) | st.text(max_size=40)
    return st.text() | st.builds("{}.{}".format, session, st.text())


@settings(deadline=None)
@given(garbage())
async def test_malformed_token_is_refused_and_changes_nothing(text: str) -> None:
    auth = AuthFixture()
    token = await auth.log_in()
    await auth.assert_refresh_fails(text)
    with pytest.raises(UnauthorizedError, match=NOT_VALID):
        await auth.sessions.log_out(Caller(auth.ada.id, Role.USER), text)
    assert await auth.sessions.refresh(token)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "{id}",
        "{id}.",
        ".{secret}",
        "{id}.\u00fc",
        "{id}.{secret}\u00fc",
        "{id}\u0660.{secret}",
        "\0",
    ],
)
async def test_a_token_that_is_cut_or_has_other_letters_is_not_valid_and_ends_nothing(
    auth: AuthFixture, text: str
) -> None:
    token = parse_refresh_token(await auth.log_in())
    await auth.assert_refresh_fails(text.format(id=token.session_id.hex, secret=token.secret))
    assert await auth.sessions.refresh(str(token))


async def test_a_secret_of_no_token_ends_the_session_as_a_reuse_does(auth: AuthFixture) -> None:
    token = await auth.log_in()
    await auth.assert_refresh_fails(f"{token}x", "used before")
    await auth.assert_refresh_fails(token)


@given(st.uuids(), st.text(st.characters(codec="ascii"), min_size=1))
def test_a_token_is_read_as_it_was_written(session_id: UUID, secret: str) -> None:
    token = RefreshToken(session_id, secret)
    assert parse_refresh_token(str(token)) == token


async def test_log_out_accepts_every_token_of_the_session(auth: AuthFixture) -> None:
    first, other = await auth.log_in(), await auth.log_in()
    newest = (await auth.sessions.refresh(first)).refresh
    auth.clock.move(timedelta(hours=1))
    await auth.sessions.log_out(Caller(auth.ada.id, Role.USER), first)
    assert auth.session(newest).ended_at == NOON + timedelta(hours=1)
    [entry] = auth.twin.stored.audit.entries
    assert (entry.action, entry.actor_id, entry.subject_id) == ("session.ended", auth.ada.id, auth.ada.id)
    assert entry.details == {"session_id": str(auth.session(first).id)}
    for token in (first, newest):
        await auth.assert_refresh_fails(token)
    assert await auth.sessions.refresh(other)


async def test_logging_out_again_changes_nothing(auth: AuthFixture) -> None:
    token = await auth.log_in()
    await auth.sessions.log_out(Caller(auth.ada.id, Role.USER), token)
    auth.clock.move(timedelta(hours=1))
    await auth.sessions.log_out(Caller(auth.ada.id, Role.USER), token)
    assert auth.session(token).ended_at == NOON
    assert auth.audited == ["session.ended"]


async def test_logging_out_of_a_session_that_has_run_out_changes_nothing(auth: AuthFixture) -> None:
    token = await auth.log_in()
    auth.clock.move(LIFETIME)
    await auth.sessions.log_out(Caller(auth.ada.id, Role.USER), token)
    assert auth.session(token).ended_at is None
    assert not auth.audited


async def test_session_of_another_account_cannot_be_ended(auth: AuthFixture) -> None:
    token = await auth.log_in()
    with pytest.raises(UnauthorizedError, match=NOT_VALID):
        await auth.sessions.log_out(Caller(auth.bob.id, Role.ADMIN), token)
    assert await auth.sessions.refresh(token)
    assert not auth.audited


async def test_access_tokens_name_the_session_that_can_be_ended(auth: AuthFixture) -> None:
    """Without it a stream would go on after the log-out, until its token expires."""
    first = await auth.sessions.log_in(log_in())
    second = await auth.sessions.refresh(first.refresh)
    session_id = auth.session(first.refresh).id
    for tokens in (first, second):
        assert auth.access_tokens.read(tokens.access.text).session_id == session_id
