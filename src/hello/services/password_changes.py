"""Changing one's password, which ends what the former one has opened."""

from dataclasses import dataclass, field

from hello.core.clock import Clock
from hello.entities.accounts import Account
from hello.entities.audit import AuditRecord
from hello.entities.errors import ForbiddenError, UnauthorizedError
from hello.services.ports import Begin
from hello.services.security import Caller, Limiter, Passwords
from hello.services.sessions import BY_PAIR, LogIn, count_attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """`address` is where the request comes from."""

    address: str
    current: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChangeService:
    begin: Begin
    passwords: Passwords
    limiter: Limiter
    now: Clock

    async def change(self, caller: Caller, wanted: ChangePassword) -> None:
        """Change the caller's own password; end the other sessions of the account and its calendar feed.

        Raise `ForbiddenError` for a wrong password, `TooManyError` after too many of them.
        """
        account = await self._find(caller)
        keys = LogIn(email=account.email, address=wanted.address, password=wanted.current).keys()
        await count_attempt(self.limiter, keys)
        await self._check(account, wanted)
        await self.limiter.clear(BY_PAIR, keys[BY_PAIR])
        new_hash = await self.passwords.hash(wanted.new)
        while not await self._store(caller, account.password_hash, new_hash):
            account = await self._find(caller)
            await self._check(account, wanted)

    async def _find(self, caller: Caller) -> Account:
        async with self.begin() as tx:
            account = await tx.accounts.find(caller.account_id)
        if account is None:
            raise UnauthorizedError("the account no longer exists")
        return account

    async def _check(self, account: Account, wanted: ChangePassword) -> None:
        if not (await self.passwords.verify(wanted.current, account.password_hash)).is_right:
            raise ForbiddenError("the current password is wrong")

    async def _store(self, caller: Caller, old_hash: str, new_hash: str) -> bool:
        """Return False when the stored hash has changed since it was verified."""
        account_id = caller.account_id
        async with self.begin() as tx:
            changed = self._change(caller, "account.password_changed")
            if not await tx.accounts.change_password(account_id, old_hash, new_hash, changed):
                return False
            await tx.sessions.end_others(account_id, caller.session_id, self.now())
            await tx.calendar_feeds.remove(account_id, self._change(caller, "calendar_feed.revoked"))
        return True

    def _change(self, caller: Caller, action: str) -> AuditRecord:
        account_id = caller.account_id
        return AuditRecord(
            at=self.now(), actor_id=account_id, action=action, subject_id=account_id, details={}
        )
