"""The data of each type of event, for its consumers: the same shapes as in the HTTP API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from hello.interface.http.schemas.items import ItemFields
from hello.interface.http.schemas.orders import OrderResponse


class EventData(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Order(OrderResponse, EventData):
    """The order as of the event, as its customer sees it."""


class Item(ItemFields, EventData):
    """The item as of the event."""

    owner_id: UUID


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
