"""The cached page of an item, which nobody may see any more once the item has changed."""

from dataclasses import dataclass

from hello.services.items import ItemChanged, group_of
from hello.services.ports import Pages


@dataclass(frozen=True, slots=True)
class ItemPages:
    pages: Pages

    async def drop(self, changed: ItemChanged) -> None:
        await self.pages.drop(group_of(changed.item_id))
