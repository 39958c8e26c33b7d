"""What an order was about before its customer changed it: kept to tell of every version again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base


class OrderRevision(Base, kw_only=True):
    """The contents that the change to `version` replaced, and when; the rest of an order only grows."""

    __tablename__ = "order_revisions"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    recipient: Mapped[str | None] = mapped_column(Text)
    total_cents: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)

    def contents(self) -> dict[str, Any]:
        return {"lines": self.lines, "total_cents": self.total_cents, "recipient": self.recipient}
