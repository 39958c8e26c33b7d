"""Items of one owner, and what a search finds among them."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from hello.entities.accounts import Account
from hello.entities.items import Item
from hello.entities.search import SearchText
from hello.services.accounts import registration
from hello.services.ports import Begin
from hello.services.search import ItemIndex, ItemSearch, Match, Matches
from tests.support.builders import a_change, an_account, an_item


async def at_once() -> None:
    """Wait for nothing: the index has every item that is committed."""


@dataclass(frozen=True, slots=True)
class SearchedItems:
    """Searches are for items of `owner`; `settle` returns when the index has all committed changes."""

    begin: Begin = field(repr=False)
    index: ItemIndex = field(repr=False)
    settle: Callable[[], Awaitable[None]] = field(default=at_once, repr=False)
    owner: Account = field(default_factory=an_account)

    async def register(self, account: Account | None = None) -> Account:
        account = account or self.owner
        async with self.begin() as tx:
            await tx.accounts.add(account, registration(account))
        return account

    async def put(
        self,
        title: str,
        description: str | None = None,
        price_cents: int | None = None,
        owner: Account | None = None,
    ) -> Item:
        item = an_item(owner or self.owner, title)
        item.description, item.price_cents = description, price_cents
        await self.add(item)
        return item

    async def put_all(self, *titles: str) -> Sequence[Item]:
        """Return one item without a price for each title, each newer than the one before."""
        items = [an_item(self.owner, title) for title in titles]
        for item in items:
            item.price_cents = None
        await self.add(*items)
        return items

    async def add(self, *items: Item) -> None:
        async with self.begin() as tx:
            for item in items:
                await tx.items.add(item, a_change(item.id, "item.created"))

    async def replace(
        self, item: Item, title: str, description: str | None = None, price_cents: int | None = None
    ) -> None:
        changed = an_item(self.owner, title, version=item.version + 1)
        changed.id, changed.description, changed.price_cents = item.id, description, price_cents
        async with self.begin() as tx:
            await tx.items.replace(changed, a_change(item.id, "item.updated"))

    async def remove(self, item: Item) -> None:
        async with self.begin() as tx:
            await tx.items.remove(item.id, a_change(item.id, "item.deleted"))

    async def search(self, text: str, **wanted: Any) -> Matches:  # noqa: ANN401  # parts of a search
        await self.settle()
        parts: dict[str, Any] = {"limit": 100, "owner_id": self.owner.id} | wanted
        return await self.index.search(ItemSearch(text=SearchText.parse(text), **parts))

    async def titles(self, text: str, **wanted: Any) -> list[str]:  # noqa: ANN401
        """Return the titles that are found, the best match first."""
        return [plain(match.highlight.title) for match in (await self.search(text, **wanted)).page]

    async def match(self, text: str) -> Match:
        """Return the only match."""
        page = (await self.search(text)).page
        assert len(page) == 1, f"{len(page)} items match {text!r}"
        return page[0]

    async def suggest(self, typed: str, limit: int = 10) -> Sequence[str]:
        await self.settle()
        return await self.index.suggest(typed, limit)


def plain(html: str) -> str:
    """Return the text of a highlight."""
    return unescape(re.sub("</?mark>", "", html))


def marks(html: str) -> list[str]:
    """Return what is marked in a highlight."""
    return [unescape(found) for found in re.findall("<mark>(.*?)</mark>", html, re.DOTALL)]
