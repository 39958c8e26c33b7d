"""Logging in, staying in and logging out."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hello.core.background_jobs import BackgroundJob
from hello.entities.accounts import Account, Role
from hello.entities.errors import BusyError, TooManyError, UnauthorizedError
from hello.entities.sessions import RefreshToken, Session, parse_refresh_token
from hello.services.security import Caller, LimitStatus
from hello.services.sessions import BY_ACCOUNT, BY_ADDRESS, BY_PAIR, LogIn, SessionService
from tests.support.builders import NOON, StoppedClock, an_account
from tests.twins.security import Quota, TwinAccessTokens, TwinLimiter, TwinPasswords
from tests.twins.transaction import TwinUnitOfWork
from tests.unit.services.test_accounts import numbered

LIFETIME = timedelta(days=30)
SECRET, GUESS = "correct horse battery", "battery staple"
HOME, AWAY = "192.0.2.1", "198.51.100.7"
ADA, BOB = "Ada@example.com", "bob@example.com"
GROUPS = (BY_PAIR, BY_ADDRESS, BY_ACCOUNT)
WRONG, NOT_VALID = "the e-mail or the password is wrong", "the refresh token is not valid"


def log_in(email: str = ADA, password: str = SECRET, address: str = HOME) -> LogIn:
    return LogIn(email=email, password=password, address=address)


class House:
    """The use cases on twins, with Ada and Bob who have accounts; `quotas` are those of the log-in."""

    def __init__(self, **quotas: Quota) -> None:
        self.twin, self.clock = TwinUnitOfWork(), StoppedClock()
        self.passwords, self.access_tokens = TwinPasswords(), TwinAccessTokens(self.clock)
        self.limiter = TwinLimiter(dict.fromkeys(GROUPS) | quotas, lambda: self.clock().timestamp())
        self.jobs, ids, secrets = list[BackgroundJob](), numbered(), count()
        self.sessions = SessionService(
            begin=self.twin.begin,
            passwords=self.passwords,
            access_tokens=self.access_tokens,
            limiter=self.limiter,
            enqueue=self.jobs.append,
            now=self.clock,
            new_id=lambda: next(ids),
            new_secret=lambda: f"secret-{next(secrets)}",
            lifetime=LIFETIME,
            grace=timedelta(0),
        )
        self.ada, self.bob = self.settle(ADA), self.settle(BOB)

    def settle(self, email: str) -> Account:
        account = an_account(email)
        account.password_hash = f"cheap:{SECRET[::-1]}"
        self.twin.stored.accounts.rows[account.id] = account
        return account

    def account(self, account: Account) -> Account:
        return self.twin.stored.accounts.rows[account.id]

    def session(self, token: str) -> Session:
        return self.twin.stored.sessions.rows[parse_refresh_token(token).session_id]

    @property
    def noted(self) -> list[str]:
        return [entry.action for entry in self.twin.stored.audit.entries]

    async def enter(self, email: str = ADA) -> str:
        return (await self.sessions.log_in(log_in(email))).refresh

    async def fail(self, wanted: LogIn) -> None:
        with pytest.raises(UnauthorizedError, match=WRONG):
            await self.sessions.log_in(wanted)

    async def is_throttled(self, wanted: LogIn) -> bool:
        try:
            await self.sessions.log_in(wanted)
        except TooManyError:
            return True
        except UnauthorizedError:
            pass
        return False

    async def refuse(self, token: str, message: str = NOT_VALID) -> None:
        with pytest.raises(UnauthorizedError, match=message):
            await self.sessions.refresh(token)


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.parametrize("email", [ADA, ADA.upper(), ADA.lower()])
async def test_who_knows_the_password_gets_tokens(house: House, email: str) -> None:
    tokens = await house.sessions.log_in(log_in(email))
    assert house.access_tokens.read(tokens.access.text) == Caller(house.ada.id, Role.USER)
    assert tokens.access.expires_in_s == 900
    session = house.session(tokens.refresh)
    assert (session.account_id, session.expires_at, session.ended_at) == (house.ada.id, NOON + LIFETIME, None)


async def test_secrets_are_neither_stored_nor_shown(house: House) -> None:
    tokens = await house.sessions.log_in(log_in())
    secret = parse_refresh_token(tokens.refresh).secret
    assert secret.encode() not in house.session(tokens.refresh).token_hash
    assert SECRET not in repr(log_in())
    assert secret not in repr(tokens)
    assert "token_hash" not in repr(house.session(tokens.refresh))


async def test_a_wrong_password_and_an_unknown_e_mail_are_the_same_and_the_same_work(house: House) -> None:
    for email in (ADA, "nobody@example.com"):
        with pytest.raises(UnauthorizedError) as raised:
            await house.sessions.log_in(log_in(email, GUESS))
        assert str(raised.value) == WRONG
    assert house.passwords.verified == [(GUESS, house.ada.password_hash), (GUESS, None)]
    assert not house.twin.stored.sessions.rows


async def test_too_many_passwords_at_once_begin_no_session(house: House) -> None:
    house.passwords.error = BusyError("later")
    with pytest.raises(BusyError):
        await house.enter()
    assert not house.twin.stored.sessions.rows


@pytest.mark.parametrize("group", GROUPS)
async def test_past_a_quota_not_even_the_right_password_is_looked_at(group: str) -> None:
    house = House(**{group: (2, 60)})
    for _ in range(2):
        await house.fail(log_in(password=GUESS))
    house.clock.move(timedelta(seconds=15))
    house.passwords.verified.clear()
    with pytest.raises(TooManyError) as raised:
        await house.enter()
    assert raised.value.retry_after_s == 45
    assert not house.passwords.verified
    house.clock.move(timedelta(seconds=45))
    assert await house.enter()


@pytest.mark.parametrize(
    ("group", "refused"),
    [
        (BY_PAIR, [log_in(ADA.upper())]),
        (BY_ADDRESS, [log_in(BOB), log_in(ADA.upper())]),
        (BY_ACCOUNT, [log_in(address=AWAY), log_in(ADA.upper())]),
    ],
)
async def test_what_a_quota_counts(group: str, refused: list[LogIn]) -> None:
    house = House(**{group: (1, 60)})
    await house.fail(log_in(password=GUESS))
    tried = [log_in(address=AWAY), log_in(BOB), log_in(ADA.upper())]
    assert [wanted for wanted in tried if await house.is_throttled(wanted)] == refused


async def test_a_success_clears_what_the_pair_has_tried() -> None:
    house = House(login_pair=(2, 60))
    await house.fail(log_in(password=GUESS))
    await house.enter()
    assert not await house.is_throttled(log_in())


@pytest.mark.parametrize("group", [BY_ADDRESS, BY_ACCOUNT])
async def test_a_success_clears_nothing_else(group: str) -> None:
    house = House(**{group: (2, 60)})
    await house.fail(log_in(password=GUESS))
    await house.enter()
    assert await house.is_throttled(log_in())


async def test_a_wrong_password_clears_nothing() -> None:
    house = House(login_pair=(3, 60))
    for _ in range(3):
        await house.fail(log_in(password=GUESS))
    assert await house.is_throttled(log_in())


async def test_who_is_refused_from_one_address_does_not_lock_the_owner_out_elsewhere() -> None:
    house = House(login_pair=(2, 60), login_account=(3, 60))
    for _ in range(10):
        await house.is_throttled(log_in(password=GUESS))
    assert not await house.is_throttled(log_in(address=AWAY))


async def test_counters_show_neither_e_mails_nor_addresses() -> None:
    house = House(**dict.fromkeys(GROUPS, (9, 60)))
    await house.fail(log_in(password=GUESS))
    keys = {key for _, key in house.limiter.counted}
    assert len(keys) == len(GROUPS)
    assert not any(text.casefold() in key for key in keys for text in (ADA, HOME))


async def test_a_password_hashed_with_other_parameters_is_hashed_anew_after_the_log_in(house: House) -> None:
    house.passwords.cost = "dear"
    await house.fail(log_in(password=GUESS))
    assert not house.jobs
    await house.enter()
    assert house.account(house.ada).password_hash == house.ada.password_hash
    [job] = house.jobs
    await job.run()
    assert house.account(house.ada).password_hash == await house.passwords.hash(SECRET)
    assert house.account(house.bob).password_hash == house.bob.password_hash
    await house.enter()
    assert house.jobs == [job]


async def test_a_log_in_hashes_nothing_itself(house: House) -> None:
    house.passwords.cost = "dear"
    await house.enter()
    assert not house.passwords.hashed


async def test_a_password_that_was_changed_meanwhile_stays(house: House) -> None:
    house.passwords.cost = "dear"
    await house.enter()
    changed = house.account(house.ada).password_hash = f"dear:{GUESS}"
    await house.jobs[0].run()
    assert house.account(house.ada).password_hash == changed


async def test_the_chore_shows_neither_password_nor_hash(house: House) -> None:
    house.passwords.cost = "dear"
    await house.enter()
    [job] = house.jobs
    for text in (repr(job), str(job), repr(job.run)):
        assert SECRET not in text
        assert house.ada.password_hash not in text


async def test_a_log_in_clears_own_sessions_away_that_have_run_out(house: House) -> None:
    olds = [await house.enter(email) for email in (ADA, BOB)]
    house.clock.move(LIFETIME)
    news = await house.enter()
    kept = {parse_refresh_token(token).session_id for token in (olds[1], news)}
    assert set(house.twin.stored.sessions.rows) == kept


async def test_a_refresh_gives_new_tokens_of_the_same_session(house: House) -> None:
    first = await house.enter()
    house.clock.move(timedelta(days=7))
    tokens = await house.sessions.refresh(first)
    assert tokens.refresh != first
    assert house.session(tokens.refresh).id == house.session(first).id
    assert house.session(first).expires_at == NOON + timedelta(days=7) + LIFETIME
    assert house.access_tokens.read(tokens.access.text) == Caller(house.ada.id, Role.USER)
    assert await house.sessions.refresh(tokens.refresh)
    assert not house.noted


async def test_a_refresh_gives_the_role_of_now(house: House) -> None:
    token = await house.enter()
    house.account(house.ada).role = Role.ADMIN
    tokens = await house.sessions.refresh(token)
    assert house.access_tokens.read(tokens.access.text).role is Role.ADMIN


async def test_a_token_that_is_used_again_ends_its_session_for_good(house: House) -> None:
    """The error must not undo the end."""
    first, other = await house.enter(), await house.enter()
    newest = (await house.sessions.refresh(first)).refresh
    house.clock.move(timedelta(hours=1))
    await house.refuse(first, "used before")
    assert house.session(first).ended_at == NOON + timedelta(hours=1)
    for token in (newest, first):
        await house.refuse(token)
    assert await house.sessions.refresh(other)


async def test_a_reuse_is_noted_once(house: House) -> None:
    first = await house.enter()
    await house.sessions.refresh(first)
    await house.refuse(first, "used before")
    await house.refuse(first)
    [entry] = house.twin.stored.audit.entries
    assert (entry.at, entry.action) == (NOON, "session.revoked")
    assert entry.actor_id == entry.subject_id == house.ada.id
    assert entry.details == {"session_id": str(house.session(first).id)}


async def test_a_session_runs_out_when_it_is_not_refreshed(house: House) -> None:
    token = await house.enter()
    for idle in (LIFETIME / 2, LIFETIME / 2, LIFETIME - timedelta(microseconds=1)):
        house.clock.move(idle)
        token = (await house.sessions.refresh(token)).refresh
    house.clock.move(LIFETIME)
    await house.refuse(token)
    assert not house.noted


async def test_an_old_token_of_a_session_that_has_run_out_is_no_reuse(house: House) -> None:
    first = await house.enter()
    await house.sessions.refresh(first)
    house.clock.move(LIFETIME)
    await house.refuse(first)
    assert house.session(first).ended_at is None
    assert not house.noted


def garbage() -> st.SearchStrategy[str]:
    """Texts, and texts that look like tokens: of no session, of a strange form, with strange letters."""
    session = st.uuids().map(str) | st.uuids().map(lambda found: found.hex) | st.text(max_size=40)
    return st.text() | st.builds("{}.{}".format, session, st.text())


@settings(deadline=None)
@given(garbage())
async def test_what_is_no_token_is_not_valid_and_changes_nothing(text: str) -> None:
    house = House()
    token = await house.enter()
    await house.refuse(text)
    with pytest.raises(UnauthorizedError, match=NOT_VALID):
        await house.sessions.log_out(Caller(house.ada.id, Role.USER), text)
    assert await house.sessions.refresh(token)


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
    house: House, text: str
) -> None:
    token = parse_refresh_token(await house.enter())
    await house.refuse(text.format(id=token.session_id.hex, secret=token.secret))
    assert await house.sessions.refresh(str(token))


async def test_a_secret_of_no_token_ends_the_session_as_a_reuse_does(house: House) -> None:
    token = await house.enter()
    await house.refuse(f"{token}x", "used before")
    await house.refuse(token)


@given(st.uuids(), st.text(st.characters(codec="ascii"), min_size=1))
def test_a_token_is_read_as_it_was_written(session_id: UUID, secret: str) -> None:
    token = RefreshToken(session_id, secret)
    assert parse_refresh_token(str(token)) == token


async def test_any_token_of_a_session_ends_it(house: House) -> None:
    first, other = await house.enter(), await house.enter()
    newest = (await house.sessions.refresh(first)).refresh
    house.clock.move(timedelta(hours=1))
    await house.sessions.log_out(Caller(house.ada.id, Role.USER), first)
    assert house.session(newest).ended_at == NOON + timedelta(hours=1)
    [entry] = house.twin.stored.audit.entries
    assert (entry.action, entry.actor_id, entry.subject_id) == ("session.ended", house.ada.id, house.ada.id)
    assert entry.details == {"session_id": str(house.session(first).id)}
    for token in (first, newest):
        await house.refuse(token)
    assert await house.sessions.refresh(other)


async def test_logging_out_again_changes_nothing(house: House) -> None:
    token = await house.enter()
    await house.sessions.log_out(Caller(house.ada.id, Role.USER), token)
    house.clock.move(timedelta(hours=1))
    await house.sessions.log_out(Caller(house.ada.id, Role.USER), token)
    assert house.session(token).ended_at == NOON
    assert house.noted == ["session.ended"]


async def test_logging_out_of_a_session_that_has_run_out_changes_nothing(house: House) -> None:
    token = await house.enter()
    house.clock.move(LIFETIME)
    await house.sessions.log_out(Caller(house.ada.id, Role.USER), token)
    assert house.session(token).ended_at is None
    assert not house.noted


async def test_nobody_ends_the_session_of_somebody_else(house: House) -> None:
    token = await house.enter()
    with pytest.raises(UnauthorizedError, match=NOT_VALID):
        await house.sessions.log_out(Caller(house.bob.id, Role.ADMIN), token)
    assert await house.sessions.refresh(token)
    assert not house.noted


async def test_access_tokens_name_the_session_that_can_be_ended(house: House) -> None:
    """Without it a stream would go on after the log-out, until its token expires."""
    first = await house.sessions.log_in(log_in())
    second = await house.sessions.refresh(first.refresh)
    session_id = house.session(first.refresh).id
    for tokens in (first, second):
        assert house.access_tokens.read(tokens.access.text).session_id == session_id


@pytest.mark.parametrize(("reset_s", "retry_after_s"), [(0, 1), (1, 1), (7, 7)])
async def test_who_tries_too_often_is_told_when_to_come_again(
    house: House, reset_s: int, retry_after_s: int
) -> None:
    class Full(TwinLimiter):
        async def hit(self, group: str, key: str) -> LimitStatus | None:
            del group, key
            return LimitStatus(quota=1, window_s=60, remaining=0, reset_s=reset_s, is_exceeded=True)

    sessions = replace(house.sessions, limiter=Full({}, lambda: 0))
    with pytest.raises(TooManyError, match="too many attempts") as refused:
        await sessions.log_in(log_in())
    assert refused.value.retry_after_s == retry_after_s
