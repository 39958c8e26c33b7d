"""Which consumer has handled which event, so that a redelivered one has no second effect."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base


class InboxEntry(Base, kw_only=True):
    __tablename__ = "inbox"
    __table_args__ = (Index(None, "handled_at"),)

    consumer: Mapped[str] = mapped_column(Text, primary_key=True)
    event_id: Mapped[str] = mapped_column(Text, primary_key=True)
    handled_at: Mapped[datetime]
