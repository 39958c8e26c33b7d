"""Events: what has happened, for others to know (CloudEvents 1.0), stored together with the change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy import BigInteger, Identity, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base

SHARDS = 16
PEOPLE_SHARD = SHARDS
"""One for all people, as many are saved by one statement, whose events are one row."""
PERSON_SAVED = "person.saved"
ORDER_EVENTS = "order."
ABOUT_PEOPLE = ("person.", "birthday.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`subject` is the aggregate: events of one are delivered in order. `id` is the same at each delivery."""

    id: str
    type: str
    subject: str
    time: datetime
    data: Mapping[str, Any]
    traceparent: str | None = field(default=None)

    @property
    def shard(self) -> int:
        return PEOPLE_SHARD if self.type.startswith(ABOUT_PEOPLE) else shard_of(self.subject)


def shard_of(subject: str) -> int:
    """Return which part of the outbox keeps the order of this aggregate, the same in every process."""
    return crc32(subject.encode()) % SHARDS


class OutboxRow(Base, kw_only=True):
    """One event that waits to be published, or those of some people whom one statement has saved."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "shard", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, init=False)
    shard: Mapped[int] = mapped_column(SmallInteger)
    event_id: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    time: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    traceparent: Mapped[str | None] = mapped_column(Text)
