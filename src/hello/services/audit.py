"""The audit trail: administrators read it, and what they do is recorded in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hello.core.clock import Clock
from hello.core.cursors import split_page
from hello.core.ids import NewUuid
from hello.entities.audit import AuditEntry, AuditRecord
from hello.services.ports import Begin, Transaction

PART = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminUse:
    """A request of an administrator: the subject of its own entries; `actor_id` is None for `ADMIN_TOKEN`."""

    id: UUID
    actor_id: UUID | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditService:
    begin: Begin
    now: Clock
    new_id: NewUuid

    async def record_use(
        self, actor_id: UUID | None, *, method: str, route: str, request_id: str
    ) -> AdminUse:
        """Commit an entry that says who asks for what, before the work: one that crashes is recorded too."""
        details = {
            "by": "admin token" if actor_id is None else "account",
            "method": method,
            "route": route,
            "request_id": request_id,
        }
        use = AdminUse(id=self.new_id(), actor_id=actor_id, details=details)
        await self._add(use, "admin_token.used" if actor_id is None else "admin_account.used")
        return use

    async def record_import(self, use: AdminUse, *, accepted: int, rejected: int) -> None:
        """Commit an entry with what became of the lines; there is none of an import that did not end."""
        await self._add(use, "people.imported", accepted=accepted, rejected=rejected)

    async def record_redrive(self, use: AdminUse, *, done: int, failed: int, dead_letter: int | None) -> None:
        """Commit an entry with what became of one dead letter, or of all with None."""
        which = {} if dead_letter is None else {"dead_letter": dead_letter}
        await self._add(use, "dead_letters.redriven", **which, done=done, failed=failed)

    async def _add(self, use: AdminUse, action: str, **more: int) -> None:
        record = AuditRecord(
            at=self.now(),
            actor_id=use.actor_id,
            action=action,
            subject_id=use.id,
            details={**use.details, **more},
        )
        async with self.begin() as tx:
            await tx.audit.add(record)

    async def page(
        self, subject_id: UUID | None, before: int | None, limit: int
    ) -> tuple[Sequence[AuditEntry], int | None]:
        """Return at most `limit` entries, the newest first, and the id before which the next page begins."""
        async with self.begin() as tx:
            rows = await self._read(tx, subject_id, before, limit + 1)
        entries, has_more = split_page(rows, limit)
        return entries, entries[-1].id if has_more else None

    async def _read(
        self, tx: Transaction, subject_id: UUID | None, before: int | None, limit: int
    ) -> list[AuditEntry]:
        """Read few at a time: details may be large, and the event loop waits while they are parsed."""
        entries: list[AuditEntry] = []
        while len(entries) < limit:
            part = await tx.audit.page(subject_id, before, min(PART, limit - len(entries)))
            entries += part
            if len(part) < PART:
                break
            before = part[-1].id
        return entries
