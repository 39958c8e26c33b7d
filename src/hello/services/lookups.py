"""The short way to rows by their keys, for very many requests: calls together share a statement."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import NamedTuple, Protocol, Self, TypeVar
from uuid import UUID

from hello.core.batching import Callback
from hello.core.cursors import split_page
from hello.entities.accounts import AccountView
from hello.entities.birthdays import Celebration, LeapDay, celebration_in, next_celebrations
from hello.entities.errors import HelloError
from hello.entities.items import ItemView
from hello.entities.orders import PAGE_LINES, OrderView
from hello.entities.sessions import SessionView

Key_contra = TypeVar("Key_contra", contravariant=True)
Found_co = TypeVar("Found_co", covariant=True)
Key = TypeVar("Key")
Found = TypeVar("Found")
Result = TypeVar("Result")


class Lookup(Protocol[Key_contra, Found_co]):
    """Each call is a transaction of its own, and reads nothing that is older than the call."""

    async def find(self, key: Key_contra) -> Found_co | None:
        """Return None for an unknown key; raise `BusyError` when too many wait already."""
        ...

    def find_nowait(
        self, key: Key_contra, callback: Callable[[Found_co | None, Exception | None], None]
    ) -> None:
        """Call back once with what `find` returns or raises; for callers without a task."""
        ...


def checked(
    check: Callable[[Found], Result], callback: Callback[Result]
) -> Callable[[Found, Exception | None], None]:
    """Return a callback that passes on what `check` returns for what was found, or what it raises."""

    def found(value: Found, error: Exception | None) -> None:
        if error is not None:
            callback(None, error)
            return
        try:
            result = check(value)
        except HelloError as refusal:
            callback(None, refusal)
        else:
            callback(result, None)

    return found


async def find_all(lookup: Lookup[Key, Found], keys: Collection[Key]) -> Mapping[Key, Found]:
    """Return what is found, by key; raise what one of the calls raises. They share a statement."""
    found: dict[Key, Found] = {}
    left = set(keys)
    done = asyncio.get_running_loop().create_future()

    def call_back(key: Key, value: Found | None, error: Exception | None) -> None:
        left.discard(key)
        if value is not None:
            found[key] = value
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        elif not left:
            done.set_result(None)

    for key in tuple(left):
        lookup.find_nowait(key, partial(call_back, key))
    if keys:
        await done
    return found


class ItemPageKey(NamedTuple):
    skip: int
    limit: int


class ItemPage(NamedTuple):
    """The newest first, and how many there are in all."""

    items: Sequence[ItemView]
    total: int


class BirthdayPageKey(NamedTuple):
    """At most `limit` of those who celebrate `first` to `last` days from `day`, soonest first, then by name.

    `after` is where the page before has ended: the days ahead, and the name.
    """

    day: date
    first: int
    last: int
    leap_day: LeapDay
    after: tuple[int, str]
    limit: int


class BirthdayPage(NamedTuple):
    """`last` is where the next page goes on: the days ahead and the name; None at the end."""

    day: date
    people: Sequence[Celebration]
    last: tuple[int, str] | None

    @classmethod
    def of(cls, text: str, key: BirthdayPageKey) -> Self:
        """Return at most `key.limit` of the people in the lines of the text."""
        lines, has_more = split_page(text.split("\n") if text else [], key.limit)
        groups = next_celebrations(key.day, key.first, key.leap_day)
        people = [celebration_in(line, groups) for line in lines]
        return cls(key.day, people, (people[-1].in_days, people[-1].username) if has_more else None)


class OrderPageKey(NamedTuple):
    """At most `limit` of the customer's orders from below the id `before` on; `status` None for any."""

    customer_id: UUID
    status: str | None
    before: UUID | None
    limit: int


class OrderPage(NamedTuple):
    """The newest first, and the id below which the next ones begin; None at the end."""

    orders: Sequence[OrderView]
    before: UUID | None

    @classmethod
    def of(cls, rows: Sequence[OrderView], limit: int) -> Self:
        """Return at most `limit` of the rows; fewer have been read if they have very many lines together."""
        orders, has_more = split_page(rows, limit)
        has_more |= sum(len(order.lines) for order in orders) >= PAGE_LINES
        return cls(orders, orders[-1].id if has_more else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookups:
    """Ids are keys as UUIDs.

    The text of very many birthdays has a line for each, of name and day of birth: `John19900517`.
    """

    accounts: Lookup[UUID, AccountView]
    birthday_pages: Lookup[BirthdayPageKey, BirthdayPage]
    birthday_texts: Lookup[BirthdayPageKey, str]
    items: Lookup[UUID, ItemView]
    item_pages: Lookup[ItemPageKey, ItemPage]
    orders: Lookup[UUID, OrderView]
    order_pages: Lookup[OrderPageKey, OrderPage]
    sessions: Lookup[UUID, SessionView]
