"""New items: those that arrive at the same time share a transaction."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from hello.core.batching import Callback
from hello.entities.items import ItemView


class NewItem(NamedTuple):
    """What is stored of a new item: with its event and an audit entry; its owner's name is not known yet."""

    item: ItemView
    content: Mapping[str, Any]
    traceparent: str | None


class CreateItem(Protocol):
    """Stores an item by its id, and returns it with its owner's name."""

    async def do(self, key: UUID, item: NewItem) -> ItemView | None:
        """Raise `UnauthorizedError` if there is no such owner."""
        ...

    def do_nowait(self, key: UUID, item: NewItem, callback: Callback[ItemView]) -> None: ...


class ItemStore(Protocol):
    async def add(self, items: Mapping[UUID, NewItem]) -> Mapping[UUID, ItemView]:
        """Store them in one transaction."""
        ...
