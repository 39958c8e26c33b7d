"""Every view, and what somebody has who looks at it."""

from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Page

from tests.browser.conftest import Shop, log_in


@dataclass(frozen=True, slots=True)
class View:
    """`path` may hold the item and the order of the shop; `who` looks at it."""

    name: str
    path: str
    who: Literal["a stranger", "customer", "administrator"] = "a stranger"

    def show(self, page: Page, shop: Shop, order_id: str) -> None:
        if self.who != "a stranger":
            log_in(page, shop.admin if self.who == "administrator" else shop.account)
        page.goto(self.path.format(item=shop.item_id, order=order_id, name=shop.recipient))


VIEWS = (
    View("home", "/"),
    View("greeting", "/?name={name}"),
    View("unknown-name", "/?name=Nobodyknown"),
    View("wrong-name", "/?name=J0hn"),
    View("birthdays-today", "/birthdays/today"),
    View("birthdays", "/birthdays/upcoming"),
    View("catalogue", "/catalogue"),
    View("search", "/catalogue?q=kiet"),
    View("nothing-found", "/catalogue?q=xyzzyxyzzy"),
    View("gift", "/catalogue/{item}"),
    View("gift-to-order", "/catalogue/{item}", who="customer"),
    View("offer", "/catalogue/new", who="customer"),
    View("login", "/login"),
    View("register", "/register"),
    View("account", "/account", who="customer"),
    View("orders", "/orders", who="customer"),
    View("order", "/orders/{order}", who="customer"),
    View("status", "/status"),
    View("import", "/admin", who="administrator"),
    View("audit", "/admin/audit", who="administrator"),
    View("dead-letters", "/admin/dead-letters", who="administrator"),
    View("not-found", "/nope"),
)
