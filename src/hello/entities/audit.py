"""The audit trail: who changed what and when. Entries are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """An entry to be written about a change; `actor_id` is None without a logged-in account."""

    at: datetime
    actor_id: UUID | None
    action: str
    subject_id: UUID
    details: Mapping[str, Any]


class AuditEntry(Base, kw_only=True):
    """`action` names the kind of thing too: `item.updated`."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "subject_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, init=False)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
