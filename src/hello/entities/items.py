"""Items: what the gift catalogue offers."""

from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hello.core.clock import rfc3339
from hello.entities.accounts import Account
from hello.entities.audit import AuditRecord
from hello.entities.base import Base, Versioned
from hello.entities.errors import ForbiddenError
from hello.entities.events import Event

ITEM_CREATED = "item.created"


class Item(Versioned, Base, kw_only=True):
    """Ids are UUIDs of version 7 (RFC 9562): the newest has the greatest."""

    __tablename__ = "items"
    noun = "item"
    __table_args__ = (Index(None, "owner_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    price_cents: Mapped[int | None] = mapped_column(BigInteger)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    owner: Mapped[Account] = relationship(lazy="raise", init=False, repr=False)

    def public(self) -> dict[str, Any]:
        """Return what everybody may know, as JSON has it."""
        return {
            "id": str(self.id),
            "title": self.title,
            "description": self.description,
            "price_cents": self.price_cents,
            "owner_id": str(self.owner_id),
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
        }

    def check_owner(self, account_id: UUID) -> None:
        """Raise `ForbiddenError` for everybody else."""
        if self.owner_id != account_id:
            raise ForbiddenError("this item belongs to somebody else")


class ItemView(NamedTuple):
    """What everybody sees of an item, apart from any session."""

    id: UUID
    title: str
    description: str | None
    price_cents: int | None
    owner_id: UUID
    owner_name: str
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, item: Item, owner_name: str) -> Self:
        return cls(
            item.id,
            item.title,
            item.description,
            item.price_cents,
            item.owner_id,
            owner_name,
            item.version,
            item.created_at,
            item.updated_at,
        )

    def event_data(self) -> dict[str, Any]:
        """Return what `Item.public` returns, with ids and times as they are."""
        return {
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "price_cents": self.price_cents,
            "owner_id": self.owner_id,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }

    def public(self) -> dict[str, Any]:
        """Return the same as JSON has it."""
        return {
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "price_cents": self.price_cents,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "owner": {"id": self.owner_id, "full_name": self.owner_name},
        }


def item_event(change: AuditRecord, item: Item | None = None) -> Event:
    """Tell of a change; of an item that is gone only the id is known."""
    data = {"id": str(change.subject_id)} if item is None else item.public()
    version = "deleted" if item is None else item.version
    return Event(
        id=f"{change.subject_id}-{version}",
        type=change.action,
        subject=str(change.subject_id),
        time=change.at,
        data=data,
    )
