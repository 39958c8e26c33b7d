"""Idempotency keys: what was answered to a request, for the client that sends it again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base
from hello.entities.errors import KeyReusedError


class IdempotencyKey(Base, kw_only=True):
    """Stored together with the order; `answer` has the format of the interface that rendered it."""

    __tablename__ = "idempotency_keys"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    order_id: Mapped[UUID]
    answer: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    created_at: Mapped[datetime] = mapped_column(index=True)

    def check_fingerprint(self, fingerprint: bytes) -> None:
        """Raise `KeyReusedError` for another request than the one that was answered."""
        if self.fingerprint != fingerprint:
            raise KeyReusedError("this idempotency key belongs to a different request")
