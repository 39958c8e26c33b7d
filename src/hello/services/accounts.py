"""Accounts: registering, and knowing one's own."""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from hello.core.batching import Callback
from hello.core.clock import Clock
from hello.core.ids import NewUuid
from hello.entities.accounts import Account, AccountView, Role, email_key
from hello.entities.audit import AuditRecord
from hello.entities.errors import ConflictError, UnauthorizedError
from hello.services.bus import DomainEvent, Publish
from hello.services.lookups import Lookup, checked
from hello.services.ports import Begin
from hello.services.security import Caller, Passwords


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    email: str
    full_name: str
    password: str = field(repr=False)
    role: Role = Role.USER


@dataclass(frozen=True, slots=True)
class AccountRegistered(DomainEvent):
    name: ClassVar[str] = "account.registered"
    account_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountService:
    begin: Begin
    lookup: Lookup[UUID, AccountView]
    passwords: Passwords
    publish: Publish
    now: Clock
    new_id: NewUuid

    async def register(self, wanted: Register) -> Account:
        """Raise `ConflictError` when there is an account of this e-mail."""
        account = Account(
            id=self.new_id(),
            email=wanted.email,
            email_key=email_key(wanted.email),
            full_name=wanted.full_name,
            password_hash=await self.passwords.hash(wanted.password),
            role=wanted.role,
            created_at=self.now(),
        )
        async with self.begin() as tx:
            if not await tx.accounts.add(account, registration(account)):
                raise ConflictError("an account with this e-mail already exists")
        await self.publish(AccountRegistered(account.id))
        return account

    async def read(self, caller: Caller) -> AccountView:
        """Return the caller's own; raise `UnauthorizedError` when it is gone."""
        return existing(await self.lookup.find(caller.account_id))

    def read_nowait(self, caller: Caller, callback: Callback[AccountView]) -> None:
        """Call back with what `read` returns or raises."""
        self.lookup.find_nowait(caller.account_id, checked(existing, callback))


def existing(account: AccountView | None) -> AccountView:
    if account is None:
        raise UnauthorizedError("the account no longer exists")
    return account


def registration(account: Account) -> AuditRecord:
    """Note no e-mail: the trail outlives an account."""
    return AuditRecord(
        at=account.created_at,
        actor_id=account.id,
        action="account.registered",
        subject_id=account.id,
        details={"role": account.role},
    )
