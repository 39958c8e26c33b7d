"""Events that a consumer could not handle, set aside so that later events are handled."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base
from hello.entities.events import Event


class DeadLetter(Base, kw_only=True):
    __tablename__ = "dead_letters"
    __table_args__ = (UniqueConstraint("consumer", "event_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, init=False)
    consumer: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    time: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    traceparent: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    died_at: Mapped[datetime]

    @property
    def event(self) -> Event:
        return Event(
            id=self.event_id,
            type=self.type,
            subject=self.subject,
            time=self.time,
            data=self.data,
            traceparent=self.traceparent,
        )
