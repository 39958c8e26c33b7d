"""Tools: what a lookup finds, and things that are stored for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from hello.entities.accounts import Account
from hello.entities.items import Item, ItemView
from hello.entities.orders import Order
from hello.services.lookups import Lookup, Lookups
from hello.services.ports import Begin
from tests.support.builders import a_change

Key = TypeVar("Key")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class LookupStore:
    """Lookups, and transactions whose commits they see."""

    begin: Begin
    lookups: Lookups


async def found_nowait(lookup: Lookup[Key, Found], key: Key) -> Found | None:
    answers = asyncio.Queue[tuple[Found | None, Exception | None]]()
    lookup.find_nowait(key, lambda *answer: answers.put_nowait(answer))
    found, error = await asyncio.wait_for(answers.get(), 5)
    assert error is None
    return found


async def all_of(lookup: Lookup[Key, Found], keys: Sequence[Key]) -> Sequence[Found | None]:
    """Ask for all at once, so that they share a statement."""
    return await asyncio.gather(*map(lookup.find, keys))


def item_view(item: Item, owner: Account) -> ItemView:
    return ItemView.of(item, owner.full_name)


async def put(begin: Begin, *items: Item) -> None:
    async with begin() as tx:
        await tx.items.add_all(items, [a_change(item.id) for item in items])


async def ordered(begin: Begin, *orders: Order) -> None:
    async with begin() as tx:
        for order in orders:
            await tx.orders.add(order)
