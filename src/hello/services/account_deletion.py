"""Deleting an account with all that is its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from hello.core.clock import Clock
from hello.core.concurrency import gather_bounded
from hello.entities.accounts import Account, email_key
from hello.entities.audit import AuditRecord
from hello.entities.errors import ForbiddenError, NotFoundError, UnauthorizedError
from hello.entities.items import item_event
from hello.entities.orders import order_event
from hello.services.bus import Publish
from hello.services.items import ItemChanged
from hello.services.ports import Begin, Transaction
from hello.services.security import Caller, Limiter, Passwords
from hello.services.sessions import LogIn, count_attempt

BATCH = 250
PAGES_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteAccount:
    """`address` is where the request comes from."""

    address: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cleared:
    """What one batch has removed: orders, and the ids of items."""

    orders: int
    items: Sequence[UUID]

    @property
    def is_empty(self) -> bool:
        return not (self.orders or self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDeletionService:
    begin: Begin
    passwords: Passwords
    limiter: Limiter
    publish: Publish
    now: Clock

    async def delete(self, caller: Caller, wanted: DeleteAccount) -> None:
        """Delete the caller's own account.

        Raise `ForbiddenError` for a wrong password, `TooManyError` after too many of them.
        """
        async with self.begin() as tx:
            account = await tx.accounts.find(caller.account_id)
        if account is None:
            raise UnauthorizedError("the account no longer exists")
        await self._check(account, wanted)
        await self._delete(account.id, actor_id=account.id)

    async def delete_by_email(self, email: str) -> None:
        """Delete an account on behalf of its owner; raise `NotFoundError`."""
        async with self.begin() as tx:
            account = await tx.accounts.find_by_email(email_key(email))
        if account is None:
            raise NotFoundError(f"no account with the e-mail {email}")
        await self._delete(account.id, actor_id=None)

    async def _check(self, account: Account, wanted: DeleteAccount) -> None:
        """Count before the password is verified, with the attempts to log in."""
        log_in = LogIn(email=account.email, address=wanted.address, password=wanted.password)
        await count_attempt(self.limiter, log_in.keys())
        if not (await self.passwords.verify(wanted.password, account.password_hash)).is_right:
            raise ForbiddenError("the password is wrong")

    async def _delete(self, account_id: UUID, actor_id: UUID | None) -> None:
        """Clear batch by batch first: one transaction might take too long for an account with very much."""
        cleared = await self._clear_in_transaction(account_id)
        while not cleared.is_empty:
            cleared = await self._clear_in_transaction(account_id)
        record = AuditRecord(
            at=self.now(), actor_id=actor_id, action="account.deleted", subject_id=account_id, details={}
        )
        items: list[UUID] = []
        async with self.begin() as tx:
            await tx.accounts.lock(account_id)
            while not (cleared := await self._clear(tx, account_id)).is_empty:
                items += cleared.items
            await tx.accounts.remove(account_id, record)
        await self._drop_pages(items)

    async def _clear_in_transaction(self, account_id: UUID) -> Cleared:
        async with self.begin() as tx:
            cleared = await self._clear(tx, account_id)
        await self._drop_pages(cleared.items)
        return cleared

    async def _clear(self, tx: Transaction, account_id: UUID) -> Cleared:
        """Cancel some orders that are on their way, and remove some orders and items, each with its event."""
        orders = await tx.orders.lock_open(account_id, BATCH)
        for order in orders:
            order.cancel(self.now())
        if orders:
            await tx.orders.save(orders)
            await tx.outbox.add(*map(order_event, orders))
        removed = await tx.orders.remove_final(account_id, BATCH)
        return Cleared(removed, await self._remove_items(tx, account_id))

    async def _remove_items(self, tx: Transaction, account_id: UUID) -> Sequence[UUID]:
        record = AuditRecord(
            at=self.now(), actor_id=account_id, action="item.deleted", subject_id=account_id, details={}
        )
        ids = await tx.items.remove_owned(account_id, BATCH, record)
        if ids:
            await tx.outbox.add(*(item_event(replace(record, subject_id=item_id)) for item_id in ids))
        return ids

    async def _drop_pages(self, items: Sequence[UUID]) -> None:
        await gather_bounded(PAGES_AT_ONCE, self.publish, map(ItemChanged, items))
