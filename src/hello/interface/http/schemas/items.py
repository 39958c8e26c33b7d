"""Items as JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from hello.interface.http.schemas.texts import Id, Storable
from hello.services.items import ItemContent

CONTENT: dict[str, Any] = {"title": "A kite", "description": "Flies in any wind.", "price_cents": 1999}
OWNER: dict[str, Any] = {"id": "0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f", "full_name": "Ada Lovelace"}
TIMES: dict[str, Any] = {"created_at": "2026-06-15T12:00:00Z", "updated_at": "2026-06-15T12:00:00Z"}
ITEM: dict[str, Any] = {"id": "0198c5df-1111-7222-8333-444455556666", **CONTENT, "owner": OWNER, **TIMES}


class ItemRequest(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": CONTENT})

    title: Annotated[Storable, Field(min_length=1, max_length=200)]
    description: Annotated[Storable, Field(max_length=10_000)] | None = None
    price_cents: Annotated[StrictInt, Field(ge=0, le=1_000_000_000)] | None = None
    owner_id: Id | None = None

    def to_content(self) -> ItemContent:
        return ItemContent(**self.model_dump())


class OwnerResponse(BaseModel):
    id: UUID
    full_name: str


class ItemFields(BaseModel):
    """What responses and events share."""

    id: UUID
    title: str
    description: str | None
    price_cents: int | None
    created_at: datetime
    updated_at: datetime


class ItemResponse(ItemFields):
    model_config = ConfigDict(json_schema_extra={"example": ITEM})

    owner: OwnerResponse


class ItemsResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"items": [ITEM], "total": 1}})

    items: list[ItemResponse]
    total: int
