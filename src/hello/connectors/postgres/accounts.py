"""Accounts in PostgreSQL."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hello.connectors.postgres.audit import with_audit
from hello.connectors.postgres.batches import BatchedLookup, Batches
from hello.connectors.postgres.values import values_of
from hello.entities.accounts import Account, AccountView
from hello.entities.audit import AuditRecord

FIND = "SELECT id, email, full_name, created_at FROM accounts WHERE id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class PostgresAccounts:
    session: AsyncSession

    async def add(self, account: Account, record: AuditRecord) -> bool:
        """Let the unique index decide between two of the same e-mail."""
        statement = insert(Account).values(values_of(account)).on_conflict_do_nothing()
        return await self.session.scalar(with_audit(statement, record)) is not None

    async def find(self, account_id: UUID) -> Account | None:
        return await self.session.scalar(select(Account).where(Account.id == account_id))

    async def find_by_email(self, key: str) -> Account | None:
        return await self.session.scalar(select(Account).where(Account.email_key == key))

    async def lock(self, account_id: UUID) -> None:
        """Foreign keys wait for it, and fail once the account has been removed."""
        await self.session.execute(select(Account.id).where(Account.id == account_id).with_for_update())

    async def remove(self, account_id: UUID, record: AuditRecord) -> None:
        await self.session.execute(with_audit(delete(Account).where(Account.id == account_id), record))

    async def set_password_hash(self, account_id: UUID, old: str, new: str) -> None:
        statement = update(Account).where(Account.id == account_id, Account.password_hash == old)
        await self.session.execute(statement.values(password_hash=new))

    async def change_password(self, account_id: UUID, old: str, new: str, record: AuditRecord) -> bool:
        statement = update(Account).where(Account.id == account_id, Account.password_hash == old)
        changed = with_audit(statement.values(password_hash=new), record)
        return await self.session.scalar(changed) is not None


def account_lookup(batches: Batches) -> BatchedLookup[UUID, AccountView]:
    return batches.lookup("accounts", FIND, AccountView._make)
