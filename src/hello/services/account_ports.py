"""What the business asks of the stores of accounts, sessions and calendar feeds."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hello.entities.accounts import Account
from hello.entities.audit import AuditRecord
from hello.entities.calendar_feeds import CalendarFeed
from hello.entities.sessions import Session


class Accounts(Protocol):
    async def add(self, account: Account, record: AuditRecord) -> bool:
        """Store both, unless the e-mail has an account; return whether it was new."""
        ...

    async def find(self, account_id: UUID) -> Account | None: ...

    async def find_by_email(self, key: str) -> Account | None: ...

    async def lock(self, account_id: UUID) -> None:
        """Let nothing of the account be stored by others until the end of the transaction."""
        ...

    async def remove(self, account_id: UUID, record: AuditRecord) -> None:
        """Remove it with its sessions, keys and feed; its orders and items have been removed before."""
        ...

    async def set_password_hash(self, account_id: UUID, old: str, new: str) -> None:
        """Store it unless the password has changed meanwhile."""
        ...

    async def change_password(self, account_id: UUID, old: str, new: str, record: AuditRecord) -> bool:
        """Store the hash `new` in place of `old`; return whether `old` was still the stored one."""
        ...


class Sessions(Protocol):
    async def add(self, session: Session, now: datetime) -> None:
        """Store it, and clear the account's sessions away that have run out."""
        ...

    async def add_verified(self, session: Session, password_hash: str, now: datetime) -> bool:
        """Add it as `add` does if that is the stored hash of the account; return whether it was.

        Others change the hash only after the transaction.
        """
        ...

    async def find(self, session_id: UUID) -> Session | None:
        """Return it with its account, locked until the end of the transaction."""
        ...

    async def find_live(self, session_ids: Collection[UUID], now: datetime) -> Collection[UUID]:
        """Return the ids of those that exist and have not ended."""
        ...

    async def rotate(self, session_id: UUID, token_hash: bytes, at: datetime, expires_at: datetime) -> None:
        """Store the hash of the next token; the present one becomes the former."""
        ...

    async def replace_unused(self, session_id: UUID, token_hash: bytes) -> None:
        """Store the hash in place of the present one; the former one stays."""
        ...

    async def end(self, session_id: UUID, record: AuditRecord) -> None: ...

    async def end_others(self, account_id: UUID, kept_id: UUID | None, at: datetime) -> None:
        """End all sessions of the account that have not ended, except `kept_id`."""
        ...


class CalendarFeeds(Protocol):
    """A change and what is noted of it are one statement; what changes nothing is not noted."""

    async def replace(self, feed: CalendarFeed, record: AuditRecord) -> None:
        """Store it in place of the account's former one."""
        ...

    async def remove(self, account_id: UUID, record: AuditRecord) -> None: ...

    async def find(self, key_hash: bytes) -> UUID | None:
        """Return whose it is."""
        ...
