"""What customers decide of an order, and the lines that it becomes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from uuid import UUID

from hello.entities.errors import InvalidError
from hello.entities.orders import LineView, OrderView

Render: TypeAlias = Callable[[OrderView], bytes]


@dataclass(frozen=True, slots=True)
class LineContent:
    item_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderContent:
    """`recipient` is a person whose birthday we know."""

    lines: Sequence[LineContent]
    recipient: str | None = None


class PricedItem(Protocol):
    """What an order copies of an item."""

    @property
    def title(self) -> str: ...
    @property
    def price_cents(self) -> int | None: ...


def lines_of(
    content: OrderContent, items: Mapping[UUID, PricedItem], people: Collection[str]
) -> list[LineView]:
    """Return lines with the titles and prices of this moment; `items` and `people` are what is known.

    Raise `InvalidError` for an item that cannot be had, and for an unknown recipient.
    """
    lines = [line_of(position, line, items) for position, line in enumerate(content.lines)]
    if content.recipient is not None and content.recipient not in people:
        raise InvalidError("no user of this name", field="recipient")
    return lines


def line_of(position: int, wanted: LineContent, items: Mapping[UUID, PricedItem]) -> LineView:
    item = items.get(wanted.item_id)
    if item is None:
        raise InvalidError("no such item", field=f"lines.{position}.item_id")
    if item.price_cents is None:
        raise InvalidError("this item has no price", field=f"lines.{position}.item_id")
    return LineView(wanted.item_id, item.title, item.price_cents, wanted.quantity)
