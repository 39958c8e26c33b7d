"""Calendar feeds: the secret address at which an account's calendar program reads the birthdays."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base


class CalendarFeed(Base, kw_only=True):
    """One for each account; it holds only a hash, so a reader of the table cannot read the calendar."""

    __tablename__ = "calendar_feeds"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, repr=False)
    created_at: Mapped[datetime]
