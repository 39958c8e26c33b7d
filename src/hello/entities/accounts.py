"""Accounts: who may log in, and with what role."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base


class Role(StrEnum):
    USER = "user"
    ADMIN = "admin"


class Account(Base, kw_only=True):
    """`email_key` is what makes e-mails one whatever their case; `email` is shown as it was given."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text, unique=True)
    full_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text, repr=False)
    role: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class AccountView(NamedTuple):
    """What an account's owner sees of it."""

    id: UUID
    email: str
    full_name: str
    created_at: datetime

    def public(self) -> dict[str, Any]:
        """Return the same as JSON has it."""
        return self._asdict()


def email_key(email: str) -> str:
    return email.casefold()
