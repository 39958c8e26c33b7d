"""Sessions: the family of refresh tokens that one log-in has begun, of which only the last one is good."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hello.entities.accounts import Account
from hello.entities.base import Base


class Session(Base, kw_only=True):
    """Holds only a hash: to read the table is not enough to log in."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    former_hash: Mapped[bytes | None] = mapped_column(LargeBinary, default=None, repr=False)
    rotated_at: Mapped[datetime | None] = mapped_column(default=None)
    account: Mapped[Account] = relationship(lazy="raise", init=False, repr=False)

    def is_live(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at

    def is_repeated(self, token_hash: bytes, now: datetime, grace: timedelta) -> bool:
        """Return whether this is the former token, within the grace, while its successor is unused."""
        if self.former_hash is None or self.rotated_at is None or not grace:
            return False
        return compare_digest(self.former_hash, token_hash) and now < self.rotated_at + grace


class SessionView(NamedTuple):
    """A session that has not been ended, and whose it is; `role` as it is now."""

    id: UUID
    token_hash: bytes
    expires_at: datetime
    account_id: UUID
    role: str
    email: str
    full_name: str

    def is_proven_by(self, token_hash: bytes, now: datetime) -> bool:
        """Return whether the token is the session's present one, and the session has not expired."""
        return compare_digest(self.token_hash, token_hash) and now < self.expires_at


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What the client holds: which session, and a secret."""

    session_id: UUID
    secret: str

    def __str__(self) -> str:
        return f"{self.session_id.hex}.{self.secret}"


def parse_refresh_token(text: str) -> RefreshToken:
    """Raise `ValueError` for what cannot be one."""
    session, _, secret = text.partition(".")
    if not secret or not text.isascii():
        raise ValueError("not a refresh token")
    return RefreshToken(UUID(hex=session), secret)
