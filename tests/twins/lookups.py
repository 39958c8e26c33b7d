"""In-memory twins of lookups: they find what the repositories of a transaction find."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from hello.entities.accounts import Account, AccountView
from hello.entities.birthdays import groups_between, month_day
from hello.entities.items import ItemView
from hello.entities.orders import LineView, MoveView, Order, OrderView
from hello.entities.sessions import SessionView
from hello.services.lookups import (
    BirthdayPage,
    BirthdayPageKey,
    ItemPage,
    ItemPageKey,
    Lookups,
    OrderPage,
    OrderPageKey,
)
from hello.services.ports import Begin, Transaction
from tests.twins.orders import TwinOrders
from tests.twins.transaction import TwinPeople

Key = TypeVar("Key")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class TwinLookup(Generic[Key, Found]):
    begin: Begin
    read: Callable[[Transaction, Key], Awaitable[Found | None]]

    async def find(self, key: Key) -> Found | None:
        async with self.begin() as tx:
            return await self.read(tx, key)

    def find_nowait(self, key: Key, callback: Callable[[Found | None, Exception | None], None]) -> None:
        """Call back before returning, as a twin's transaction never waits for anything."""
        finding = self.find(key)
        try:
            finding.send(None)
        except StopIteration as finished:
            callback(finished.value, None)
        except Exception as error:  # noqa: BLE001  # the callback gets whatever `find` raises
            callback(None, error)
        else:
            finding.close()
            raise AssertionError("only a twin's transaction can be read without waiting")


def twin_lookups(begin: Begin) -> Lookups:
    return Lookups(
        accounts=TwinLookup(begin, find_account),
        birthday_pages=TwinLookup(begin, find_birthday_page),
        birthday_texts=TwinLookup(begin, find_birthday_text),
        items=TwinLookup(begin, find_item),
        item_pages=TwinLookup(begin, find_item_page),
        orders=TwinLookup(begin, find_order),
        order_pages=TwinLookup(begin, find_order_page),
        sessions=TwinLookup(begin, find_session),
    )


async def find_account(tx: Transaction, account_id: UUID) -> AccountView | None:
    account = await tx.accounts.find(account_id)
    return None if account is None else account_view(account)


async def find_birthday_page(tx: Transaction, key: BirthdayPageKey) -> BirthdayPage:
    return BirthdayPage.of(await find_birthday_text(tx, key._replace(limit=key.limit + 1)), key)


async def find_birthday_text(tx: Transaction, key: BirthdayPageKey) -> str:
    assert isinstance(tx.people, TwinPeople)
    found = [
        (group.in_days, name, born)
        for group in groups_between(key.day, key.first, key.last, key.leap_day)
        for name, born in tx.people.rows.items()
        if month_day(born) == group.month_day and (group.in_days, name) > key.after
    ]
    lines = [f"{name}{born.isoformat().replace('-', '')}" for _, name, born in sorted(found)]
    return "\n".join(lines[: key.limit])


async def find_item(tx: Transaction, item_id: UUID) -> ItemView | None:
    item = await tx.items.find(item_id)
    return None if item is None else ItemView.of(item, item.owner.full_name)


async def find_item_page(tx: Transaction, key: ItemPageKey) -> ItemPage:
    items, total = await tx.items.page(key.skip, key.limit, None)
    return ItemPage([ItemView.of(item, item.owner.full_name) for item in items], total)


async def find_order(tx: Transaction, order_id: UUID) -> OrderView | None:
    order = await tx.orders.find(order_id)
    return None if order is None else order_view(order)


async def find_order_page(tx: Transaction, key: OrderPageKey) -> OrderPage:
    assert isinstance(tx.orders, TwinOrders)
    rows = await tx.orders.page(key.customer_id, key.status, key.before, key.limit + 1)
    return OrderPage.of([order_view(order) for order in rows], key.limit)


async def find_session(tx: Transaction, session_id: UUID) -> SessionView | None:
    session = await tx.sessions.find(session_id)
    if session is None or session.ended_at is not None:
        return None
    account = session.account
    return SessionView(
        session.id,
        session.token_hash,
        session.expires_at,
        account.id,
        account.role,
        account.email,
        account.full_name,
    )


def account_view(account: Account) -> AccountView:
    return AccountView(account.id, account.email, account.full_name, account.created_at)


def order_view(order: Order) -> OrderView:
    return OrderView(
        order.id,
        order.customer_id,
        order.status,
        order.recipient,
        order.total_cents,
        order.version,
        order.created_at,
        order.updated_at,
        [LineView(line.item_id, line.title, line.unit_price_cents, line.quantity) for line in order.lines],
        [MoveView(move.status, move.at) for move in order.history],
    )
