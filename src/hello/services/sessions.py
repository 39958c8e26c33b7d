"""Logging in, staying in and logging out: access tokens for minutes, refresh tokens that are good once."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hmac import compare_digest
from typing import ClassVar
from uuid import UUID

from hello.core.background_jobs import Enqueue
from hello.core.clock import Clock
from hello.core.ids import NewUuid
from hello.entities.accounts import Account, Role, email_key
from hello.entities.audit import AuditRecord
from hello.entities.errors import TooManyError, UnauthorizedError
from hello.entities.sessions import RefreshToken, Session, parse_refresh_token
from hello.services.ports import Begin, Transaction
from hello.services.security import AccessToken, AccessTokens, Caller, Limiter, Passwords, Verified

WRONG = "the e-mail or the password is wrong"
NOT_VALID = "the refresh token is not valid"
BY_PAIR, BY_ADDRESS, BY_ACCOUNT = "login_pair", "login_address", "login_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """`address` is where the request comes from."""

    email: str
    address: str
    password: str = field(repr=False)

    def keys(self) -> dict[str, str]:
        """Return what is counted: an e-mail from one address, all from the address, all for the e-mail.

        Kept as hashes, since the counters may lie outside of the process.
        """
        email = email_key(self.email)
        keys = {BY_PAIR: f"{email}\n{self.address}", BY_ADDRESS: self.address, BY_ACCOUNT: email}
        return {group: hashlib.sha256(key.encode()).hexdigest() for group, key in keys.items()}


@dataclass(frozen=True, slots=True)
class Tokens:
    access: AccessToken
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RehashPassword:
    """The job that a log-in leaves when the hash is outdated; it shows neither password nor hash."""

    name: ClassVar[str] = "password.rehash"
    begin: Begin = field(repr=False)
    passwords: Passwords = field(repr=False)
    account_id: UUID
    old_hash: str = field(repr=False)
    password: str = field(repr=False)

    async def run(self) -> None:
        fresh_hash = await self.passwords.hash(self.password)
        async with self.begin() as tx:
            await tx.accounts.set_password_hash(self.account_id, self.old_hash, fresh_hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionService:
    """`lifetime` is how long a session lasts without being refreshed.

    `count_log_in` is called with `succeeded`, `refused` or `limited`.
    For as long as `grace` a client that has lost the answer to a refresh may ask again.
    """

    begin: Begin
    passwords: Passwords
    access_tokens: AccessTokens
    limiter: Limiter
    enqueue: Enqueue
    now: Clock
    new_id: NewUuid
    new_secret: Callable[[], str]
    lifetime: timedelta
    grace: timedelta
    count_log_in: Callable[[str], None]

    async def log_in(self, wanted: LogIn) -> Tokens:
        """Raise `UnauthorizedError`, the same in the same time whatever is wrong, or `TooManyError`."""
        try:
            tokens = await self._log_in(wanted)
        except (UnauthorizedError, TooManyError) as error:
            self.count_log_in("limited" if isinstance(error, TooManyError) else "refused")
            raise
        self.count_log_in("succeeded")
        return tokens

    async def _log_in(self, wanted: LogIn) -> Tokens:
        keys = wanted.keys()
        await count_attempt(self.limiter, keys)
        account, verified = await self._verified(wanted)
        await self.limiter.clear(BY_PAIR, keys[BY_PAIR])
        token = RefreshToken(self.new_id(), self.new_secret())
        while not await self._begin_session(account, token):
            account, verified = await self._verified(wanted)
        if verified.is_outdated:
            self.enqueue(self._rehash(account, wanted.password))
        return self._tokens(account, token)

    async def _verified(self, wanted: LogIn) -> tuple[Account, Verified]:
        async with self.begin() as tx:
            account = await tx.accounts.find_by_email(email_key(wanted.email))
        verified = await self.passwords.verify(wanted.password, account.password_hash if account else None)
        if account is None or not verified.is_right:
            raise UnauthorizedError(WRONG)
        return account, verified

    async def _begin_session(self, account: Account, token: RefreshToken) -> bool:
        """Return False when the stored hash has changed since it was verified."""
        async with self.begin() as tx:
            session = self._session(token, account.id)
            return await tx.sessions.add_verified(session, account.password_hash, self.now())

    async def refresh(self, text: str) -> Tokens:
        """Give new tokens for the last one, or once more for the former one within the grace.

        Any other token has been used before, and ends its whole session.
        """
        presented = parsed(text)
        token = RefreshToken(presented.session_id, self.new_secret())
        async with self.begin() as tx:
            session = await self._live(tx, presented.session_id)
            is_good = await self._rotate(tx, session, hash_of(presented.secret), hash_of(token.secret))
            if not is_good:
                await tx.sessions.end(session.id, self._reuse(session))
        if not is_good:  # raised only now, as an error inside of the block would undo the end of the session
            raise UnauthorizedError("the refresh token has been used before: log in again")
        return self._tokens(session.account, token)

    async def _rotate(self, tx: Transaction, session: Session, presented: bytes, following: bytes) -> bool:
        """Store the hash of the following token; return False for a reuse."""
        now = self.now()
        if compare_digest(session.token_hash, presented):
            await tx.sessions.rotate(session.id, following, now, now + self.lifetime)
            return True
        is_repeated = session.is_repeated(presented, now, self.grace)
        if is_repeated:
            await tx.sessions.replace_unused(session.id, following)
        return is_repeated

    async def log_out(self, caller: Caller, text: str) -> None:
        """End the session, given any of its tokens; raise `UnauthorizedError` for another account's."""
        presented = parsed(text)
        async with self.begin() as tx:
            session = await tx.sessions.find(presented.session_id)
            if session is None or session.account_id != caller.account_id:
                raise UnauthorizedError(NOT_VALID)
            if session.is_live(self.now()):
                await tx.sessions.end(session.id, self._change(session, "session.ended"))

    async def _live(self, tx: Transaction, session_id: UUID) -> Session:
        session = await tx.sessions.find(session_id)
        if session is None or not session.is_live(self.now()):
            raise UnauthorizedError(NOT_VALID)
        return session

    def _rehash(self, account: Account, password: str) -> RehashPassword:
        return RehashPassword(
            begin=self.begin,
            passwords=self.passwords,
            account_id=account.id,
            old_hash=account.password_hash,
            password=password,
        )

    def _session(self, token: RefreshToken, account_id: UUID) -> Session:
        return Session(
            id=token.session_id,
            account_id=account_id,
            token_hash=hash_of(token.secret),
            expires_at=self.now() + self.lifetime,
        )

    def _tokens(self, account: Account, token: RefreshToken) -> Tokens:
        caller = Caller(account.id, Role(account.role), token.session_id)
        return Tokens(self.access_tokens.issue(caller), str(token))

    def _reuse(self, session: Session) -> AuditRecord:
        return self._change(session, "session.revoked")

    def _change(self, session: Session, action: str) -> AuditRecord:
        return AuditRecord(
            at=self.now(),
            actor_id=session.account_id,
            action=action,
            subject_id=session.account_id,
            details={"session_id": str(session.id)},
        )


async def count_attempt(limiter: Limiter, keys: Mapping[str, str]) -> None:
    """Count before the password is looked at, so that many tries at once are no way around.

    Raise `TooManyError`.
    """
    for group, key in keys.items():
        standing = await limiter.hit(group, key)
        if standing and standing.is_exceeded:
            raise TooManyError("too many attempts", retry_after_s=max(1, standing.reset_s))


def parsed(text: str) -> RefreshToken:
    try:
        return parse_refresh_token(text)
    except ValueError:
        raise UnauthorizedError(NOT_VALID) from None


def hash_of(secret: str) -> bytes:
    """Hash without salt or stretching: a secret of 256 random bits needs neither."""
    return hashlib.sha256(secret.encode()).digest()
