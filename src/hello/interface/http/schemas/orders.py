"""Orders as JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from hello.entities.orders import OrderStatus
from hello.entities.people import USERNAME_PATTERN
from hello.interface.http.pagination import EXAMPLE
from hello.interface.http.schemas.texts import Id
from hello.services.order_contents import LineContent, OrderContent

AT = "2026-06-15T12:00:00Z"
WANTED: dict[str, Any] = {"item_id": "0198c5df-1111-7222-8333-444455556666", "quantity": 2}
LINE: dict[str, Any] = {**WANTED, "title": "A kite", "unit_price_cents": 1999}
ORDER: dict[str, Any] = {
    "id": "0198c5e0-aaaa-7bbb-8ccc-ddddeeeeffff",
    "status": "CREATED",
    "lines": [LINE],
    "total_cents": 3998,
    "recipient": "John",
    "version": 1,
    "created_at": AT,
    "updated_at": AT,
    "history": [{"status": "CREATED", "at": AT}],
}
PATH = "/api/v1/orders"
Status = Annotated[OrderStatus | None, Query(description="Only those in this state")]


class LineRequest(BaseModel):
    item_id: Id
    quantity: Annotated[StrictInt, Field(ge=1, le=1000)]


class OrderRequest(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"lines": [WANTED], "recipient": "John"}})

    lines: Annotated[list[LineRequest], Field(min_length=1, max_length=100)]
    recipient: Annotated[str, Field(pattern=f"^{USERNAME_PATTERN}$")] | None = None

    def to_content(self) -> OrderContent:
        lines = [LineContent(line.item_id, line.quantity) for line in self.lines]
        return OrderContent(lines=lines, recipient=self.recipient)


class LineResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    item_id: UUID
    title: str = Field(description="As it was when it was ordered")
    unit_price_cents: int
    quantity: int


class MoveResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    status: OrderStatus
    at: datetime


class OrderResponse(BaseModel):
    """The events of the order carry the same."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": ORDER})

    id: UUID
    status: OrderStatus
    lines: list[LineResponse]
    total_cents: int
    recipient: str | None = Field(description="The username of the person who gets the gift, if it is one")
    version: int = Field(description="Grows by one with each change")
    created_at: datetime
    updated_at: datetime
    history: list[MoveResponse]


class OrdersResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"orders": [ORDER], "next_cursor": EXAMPLE}})

    orders: list[OrderResponse]
    next_cursor: str | None
