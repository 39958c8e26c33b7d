"""The audit trail as JSON."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from hello.entities.audit import AuditEntry
from hello.interface.http.pagination import EXAMPLE

ENTRY: dict[str, Any] = {
    "at": "2026-06-15T12:00:00Z",
    "actor_id": "0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f",
    "action": "item.updated",
    "subject_id": "0198c5df-1111-7222-8333-444455556666",
    "details": {"price_cents": {"from": 1999, "to": 1499}},
}


class AuditEntryResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": ENTRY})

    at: datetime
    actor_id: UUID | None
    action: str
    subject_id: UUID
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        return cls(
            at=entry.at,
            actor_id=entry.actor_id,
            action=entry.action,
            subject_id=entry.subject_id,
            details=entry.details,
        )

    @classmethod
    def json_of(cls, entry: AuditEntry) -> bytes:
        return cls.of(entry).model_dump_json().encode()


class AuditResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"entries": [ENTRY], "next_cursor": EXAMPLE}})

    entries: list[AuditEntryResponse]
    next_cursor: str | None
