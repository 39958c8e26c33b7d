"""The secret key by which a calendar program, which cannot send a token, reads the birthdays."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from hello.core.clock import Clock
from hello.entities.audit import AuditRecord
from hello.entities.calendar_feeds import CalendarFeed
from hello.entities.errors import UnauthorizedError
from hello.services.ports import Begin
from hello.services.security import Caller
from hello.services.sessions import hash_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFeedService:
    begin: Begin
    now: Clock
    new_secret: Callable[[], str]

    async def create(self, caller: Caller) -> str:
        """Return a new key; the account's former one is no longer good."""
        key, now = self.new_secret(), self.now()
        feed = CalendarFeed(account_id=caller.account_id, key_hash=hash_of(key), created_at=now)
        async with self.begin() as tx:
            await tx.calendar_feeds.replace(feed, self._change(caller.account_id, "calendar_feed.created"))
        return key

    async def revoke(self, caller: Caller) -> None:
        """Leave the account without a key, whether or not it has one."""
        record = self._change(caller.account_id, "calendar_feed.revoked")
        async with self.begin() as tx:
            await tx.calendar_feeds.remove(caller.account_id, record)

    async def check(self, key: str) -> None:
        """Raise `UnauthorizedError` unless the key is the present one of an account that exists."""
        async with self.begin() as tx:
            account_id = await tx.calendar_feeds.find(hash_of(key))
        if account_id is None:
            raise UnauthorizedError("the calendar key is not valid")

    def _change(self, account_id: UUID, action: str) -> AuditRecord:
        return AuditRecord(
            at=self.now(), actor_id=account_id, action=action, subject_id=account_id, details={}
        )
