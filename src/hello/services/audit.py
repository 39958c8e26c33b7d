"""The audit trail, for administrators."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from hello.entities.audit import AuditEntry
from hello.services.ports import Begin, Transaction

PART = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditService:
    begin: Begin

    async def page(
        self, subject_id: UUID | None, before: int | None, limit: int
    ) -> tuple[Sequence[AuditEntry], int | None]:
        """Return at most `limit` entries, the newest first, and the id before which the next page begins."""
        async with self.begin() as tx:
            found = await self._read(tx, subject_id, before, limit + 1)
        more = len(found) > limit
        return found[:limit], found[limit - 1].id if more else None

    async def _read(
        self, tx: Transaction, subject_id: UUID | None, before: int | None, limit: int
    ) -> list[AuditEntry]:
        """Read few at a time: details may be large, and the event loop waits while they are parsed."""
        found: list[AuditEntry] = []
        while len(found) < limit:
            part = await tx.audit.page(subject_id, before, min(PART, limit - len(found)))
            found += part
            if len(part) < PART:
                break
            before = part[-1].id
        return found
