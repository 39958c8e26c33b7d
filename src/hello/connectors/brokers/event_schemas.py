"""The schema of the data of each event type, for consumers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class EventData(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OrderLine(EventData):
    item_id: UUID
    title: str = Field(description="The title at the time of the order.")
    unit_price_cents: int
    quantity: int


class OrderMove(EventData):
    status: Literal["CREATED", "CONFIRMED", "SHIPPED", "CANCELLED"]
    at: datetime


class Order(EventData):
    """The order as of the event, as its customer sees it."""

    id: UUID
    status: Literal["CREATED", "CONFIRMED", "SHIPPED", "CANCELLED"]
    lines: list[OrderLine]
    total_cents: int
    recipient: str | None = Field(description="The username of the person who gets the gift, if any.")
    version: int = Field(description="Grows by one with each event of the order.")
    created_at: datetime
    updated_at: datetime
    history: list[OrderMove]


class Item(EventData):
    """The item as of the event."""

    id: UUID
    title: str
    description: str | None
    price_cents: int | None
    owner_id: UUID
    created_at: datetime
    updated_at: datetime


class ItemDeleted(EventData):
    id: UUID


class PersonSaved(EventData):
    username: str
    date_of_birth: date = Field(alias="dateOfBirth")


class PersonDeleted(EventData):
    username: str


class BirthdayToday(EventData):
    username: str
    day: date = Field(alias="date", description="The day in the service's time zone.")
    turns: int = Field(description="The age in years that the person reaches.")


@dataclass(frozen=True, slots=True)
class EventType:
    data: type[EventData]
    description: str


EVENT_TYPES: Mapping[str, EventType] = {
    "order.created": EventType(Order, "An order was placed."),
    "order.updated": EventType(Order, "The lines or the recipient of an order were replaced."),
    "order.confirmed": EventType(Order, "An order can no longer be changed, only cancelled."),
    "order.shipped": EventType(Order, "An order was shipped; this is final."),
    "order.cancelled": EventType(Order, "An order was cancelled; this is final."),
    "item.created": EventType(Item, "An item was offered."),
    "item.updated": EventType(Item, "An item was replaced."),
    "item.deleted": EventType(ItemDeleted, "An item is no longer offered."),
    "person.saved": EventType(PersonSaved, "A person's date of birth was stored, whether or not it changed."),
    "person.deleted": EventType(PersonDeleted, "A person was deleted."),
    "birthday.today": EventType(BirthdayToday, "A person has a birthday today; one event a day per person."),
}
