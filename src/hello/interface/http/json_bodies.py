"""Bodies of JSON: what a customer, an owner or anybody sees, as bytes; the schemas describe the same."""

from hello.core.cursors import Cursors
from hello.core.json_text import json_bytes
from hello.entities.accounts import AccountView
from hello.entities.items import ItemView
from hello.entities.orders import Order, OrderView
from hello.interface.http.pagination import order_cursor
from hello.services.lookups import BirthdayPage, ItemPage, OrderPage
from hello.services.search import FoundItem


def account_json(account: AccountView) -> bytes:
    return json_bytes(account.public())


def today_json(page: BirthdayPage, cursor: str | None) -> bytes:
    people = [{"username": person.username, "turns": person.turns} for person in page.people]
    return json_bytes({"date": page.day, "people": people, "next_cursor": cursor})


def upcoming_json(page: BirthdayPage, cursor: str | None) -> bytes:
    people = [
        {
            "username": person.username,
            "turns": person.turns,
            "date": person.day,
            "in_days": person.in_days,
        }
        for person in page.people
    ]
    return json_bytes({"date": page.day, "people": people, "next_cursor": cursor})


def item_json(item: ItemView) -> bytes:
    return json_bytes(item.public())


def order_json(order: Order | OrderView) -> bytes:
    return json_bytes(order.public())


def found_item_json(found: FoundItem) -> bytes:
    highlight = found.match.highlight
    marked = {"title": highlight.title, "description": highlight.description}
    return json_bytes({**found.view.public(), "score": found.match.score, "highlight": marked})


def item_page_json(page: ItemPage) -> bytes:
    """Return what `json_page` makes of it, at once."""
    return json_bytes({"total": page.total, "items": [item.public() for item in page.items]})


def order_page_json(page: OrderPage, cursors: Cursors, status: str | None) -> bytes:
    """Return the same of orders, all in the state `status` unless it is None."""
    cursor = order_cursor(cursors, status, page.before)
    return json_bytes({"next_cursor": cursor, "orders": [order.public() for order in page.orders]})
