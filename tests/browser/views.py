"""Every view, and what somebody has who looks at it."""

from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.conftest import Shop, log_in


@dataclass(frozen=True, slots=True)
class View:
    """`path` may hold the item and the order of the shop."""

    name: str
    path: str
    is_logged_in: bool = False

    def show(self, page: Page, shop: Shop, order_id: str) -> None:
        if self.is_logged_in:
            log_in(page, shop.account)
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
    View("gift-to-order", "/catalogue/{item}", is_logged_in=True),
    View("offer", "/catalogue/new", is_logged_in=True),
    View("login", "/login"),
    View("register", "/register"),
    View("account", "/account", is_logged_in=True),
    View("orders", "/orders", is_logged_in=True),
    View("order", "/orders/{order}", is_logged_in=True),
    View("not-found", "/nope"),
)
