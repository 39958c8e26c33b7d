"""In-memory twins of the repositories of accounts and items."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from hello.entities.accounts import Account
from hello.entities.audit import AuditEntry, AuditRecord
from hello.entities.calendar_feeds import CalendarFeed
from hello.entities.items import Item
from hello.entities.sessions import Session


@dataclass
class TwinAuditTrail:
    entries: list[AuditEntry] = field(default_factory=list)

    def record(self, record: AuditRecord) -> None:
        entry = AuditEntry(
            at=record.at,
            actor_id=record.actor_id,
            action=record.action,
            subject_id=record.subject_id,
            details=dict(record.details),
        )
        entry.id = len(self.entries) + 1
        self.entries.append(entry)

    async def add(self, record: AuditRecord) -> None:
        self.record(record)

    async def page(self, subject_id: UUID | None, before: int | None, limit: int) -> Sequence[AuditEntry]:
        found = [
            entry
            for entry in reversed(self.entries)
            if subject_id in {None, entry.subject_id} and (before is None or entry.id < before)
        ]
        return found[:limit]


@dataclass
class TwinAccounts:
    """`locked` is what only a test can see: a twin has one transaction at a time."""

    trail: TwinAuditTrail
    rows: dict[UUID, Account] = field(default_factory=dict)
    locked: list[UUID] = field(default_factory=list)

    async def add(self, account: Account, record: AuditRecord) -> bool:
        if await self.find_by_email(account.email_key):
            return False
        self.rows[account.id] = account
        self.trail.record(record)
        return True

    async def find(self, account_id: UUID) -> Account | None:
        return self.rows.get(account_id)

    async def find_by_email(self, key: str) -> Account | None:
        return next((account for account in self.rows.values() if account.email_key == key), None)

    async def lock(self, account_id: UUID) -> None:
        self.locked.append(account_id)

    async def remove(self, account_id: UUID, record: AuditRecord) -> None:
        if self.rows.pop(account_id, None):
            self.trail.record(record)

    async def set_password_hash(self, account_id: UUID, old: str, new: str) -> None:
        account = self.rows.get(account_id)
        if account and account.password_hash == old:
            account.password_hash = new

    async def change_password(self, account_id: UUID, old: str, new: str, record: AuditRecord) -> bool:
        account = self.rows.get(account_id)
        if account is None or account.password_hash != old:
            return False
        await self.set_password_hash(account_id, old, new)
        self.trail.record(record)
        return True


@dataclass
class TwinSessions:
    accounts: TwinAccounts
    rows: dict[UUID, Session] = field(default_factory=dict)

    async def add(self, session: Session, now: datetime) -> None:
        over = [
            row.id
            for row in self.rows.values()
            if row.account_id == session.account_id and row.expires_at <= now
        ]
        for session_id in over:
            del self.rows[session_id]
        self.rows[session.id] = session

    async def add_verified(self, session: Session, password_hash: str, now: datetime) -> bool:
        account = await self.accounts.find(session.account_id)
        if account is None or account.password_hash != password_hash:
            return False
        await self.add(session, now)
        return True

    async def find(self, session_id: UUID) -> Session | None:
        session = self.rows.get(session_id)
        if session is None or session.account_id not in self.accounts.rows:
            return None
        session.account = self.accounts.rows[session.account_id]
        return session

    async def find_live(self, session_ids: Collection[UUID], now: datetime) -> Collection[UUID]:
        found = [await self.find(session_id) for session_id in session_ids]
        return [session.id for session in found if session and session.is_live(now)]

    async def rotate(self, session_id: UUID, token_hash: bytes, at: datetime, expires_at: datetime) -> None:
        if session := self.rows.get(session_id):
            session.former_hash, session.rotated_at = session.token_hash, at
            session.token_hash, session.expires_at = token_hash, expires_at

    async def replace_unused(self, session_id: UUID, token_hash: bytes) -> None:
        if session := self.rows.get(session_id):
            session.token_hash = token_hash

    async def end(self, session_id: UUID, record: AuditRecord) -> None:
        if session := self.rows.get(session_id):
            session.ended_at = record.at
            self.accounts.trail.record(record)

    async def end_others(self, account_id: UUID, kept_id: UUID | None, at: datetime) -> None:
        for session in self.rows.values():
            if session.account_id == account_id and session.id != kept_id and session.ended_at is None:
                session.ended_at = at


@dataclass
class TwinCalendarFeeds:
    trail: TwinAuditTrail
    rows: dict[UUID, CalendarFeed] = field(default_factory=dict)

    async def replace(self, feed: CalendarFeed, record: AuditRecord) -> None:
        self.rows[feed.account_id] = feed
        self.trail.record(record)

    async def remove(self, account_id: UUID, record: AuditRecord) -> None:
        if self.rows.pop(account_id, None):
            self.trail.record(record)

    async def find(self, key_hash: bytes) -> UUID | None:
        found = (feed.account_id for feed in self.rows.values() if feed.key_hash == key_hash)
        return next(found, None)


@dataclass
class TwinItems:
    """`locked` is what was found for a change."""

    accounts: TwinAccounts
    rows: dict[UUID, Item] = field(default_factory=dict)
    locked: list[UUID] = field(default_factory=list)

    async def add(self, item: Item, record: AuditRecord) -> None:
        self.rows[item.id] = item
        self.accounts.trail.record(record)

    async def add_all(self, items: Sequence[Item], records: Sequence[AuditRecord]) -> None:
        for item, record in zip(items, records, strict=True):
            await self.add(item, record)

    async def find(self, item_id: UUID, *, lock: bool = False) -> Item | None:
        if lock is True:  # which only a test can see: a twin has one transaction at a time
            self.locked.append(item_id)
        item = self.rows.get(item_id)
        if item:
            item.owner = self.accounts.rows[item.owner_id]
        return item

    async def find_all(self, item_ids: Collection[UUID]) -> Mapping[UUID, Item]:
        return {item_id: self.rows[item_id] for item_id in item_ids if item_id in self.rows}

    async def page(self, skip: int, limit: int, owner_id: UUID | None) -> tuple[Sequence[Item], int]:
        found = sorted(
            (item for item in self.rows.values() if owner_id in {None, item.owner_id}),
            key=lambda item: item.id,
            reverse=True,
        )
        for item in found:
            item.owner = self.accounts.rows[item.owner_id]
        return found[skip : skip + limit], len(found)

    async def page_by_id(self, after: UUID | None, limit: int) -> Sequence[Item]:
        ids = sorted(item_id for item_id in self.rows if after is None or item_id > after)
        return [self.rows[item_id] for item_id in ids[:limit]]

    async def replace(self, item: Item, record: AuditRecord) -> None:
        if item.id in self.rows:
            self.rows[item.id] = item
            self.accounts.trail.record(record)

    async def remove(self, item_id: UUID, record: AuditRecord) -> None:
        if self.rows.pop(item_id, None):
            self.accounts.trail.record(record)

    async def remove_owned(self, owner_id: UUID, limit: int, record: AuditRecord) -> Sequence[UUID]:
        ids = sorted(item.id for item in self.rows.values() if item.owner_id == owner_id)[:limit]
        for item_id in ids:
            await self.remove(item_id, replace(record, subject_id=item_id))
        return ids
