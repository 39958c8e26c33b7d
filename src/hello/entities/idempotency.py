"""Idempotency keys: what was answered to a request, for the client that sends it again."""

from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base
from hello.entities.errors import KeyReusedError

KeyOfAccount: TypeAlias = tuple[UUID, str]


class StoredAnswer(NamedTuple):
    fingerprint: bytes
    answer: bytes

    def answer_to(self, fingerprint: bytes) -> bytes:
        """Raise `KeyReusedError` for another request than the one that was answered."""
        if self.fingerprint != fingerprint:
            raise KeyReusedError("this idempotency key belongs to a different request")
        return self.answer


class IdempotencyKey(Base, kw_only=True):
    """Stored together with the order; `answer` has the format of the interface that rendered it."""

    __tablename__ = "idempotency_keys"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    order_id: Mapped[UUID]
    answer: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    created_at: Mapped[datetime] = mapped_column(index=True)
