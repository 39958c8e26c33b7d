"""New items: those that arrive at the same time share a transaction."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from hello.entities.items import ItemView
from hello.services.ports import BatchedCall


class NewItem(NamedTuple):
    """What is stored of a new item: with its event and an audit entry; its owner's name is not known yet."""

    item: ItemView
    content: Mapping[str, Any]
    traceparent: str | None


CreateItem: TypeAlias = BatchedCall[UUID, NewItem, ItemView]
"""Stores an item by its id, and returns it with its owner's name; there may be no such owner any more."""


class ItemStore(Protocol):
    async def add(self, items: Mapping[UUID, NewItem]) -> Mapping[UUID, ItemView]:
        """Store them in one transaction."""
        ...
