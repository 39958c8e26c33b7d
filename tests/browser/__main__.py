"""Take pictures of every view with sample data, into `docs/screenshots`."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from string import ascii_lowercase
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import Browser

from tests.browser.chromium import open_browser
from tests.browser.conftest import QUICK, Shop, administrator
from tests.browser.views import VIEWS
from tests.support.http.accounts import LoggedIn, signed_up
from tests.support.http.running import running_hello

PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"
NOT_TAKEN = {"unknown-name", "wrong-name", "nothing-found", "birthdays-today"}
LOOKS = (("wide", 1440, "light"), ("phone", 390, "dark"))
NAMES = ("Ada", "Alan", "Barbara", "Edsger", "Frances", "Hedy", "Jean", "Olga", "Radia", "Sophie")
ITEMS = (
    ("A red kite", "Flies in any wind, and packs into a pocket.", 1999),
    ("Walnut chessboard", "With 32 pieces, turned by hand.", 8900),
    ("Tea for a rainy day", "Assam, Darjeeling and a small tin of shortbread.", 1450),
    ("Field notebook", "Waterproof paper, a pencil included.", 950),
    ("Star map", "The sky above the place and the night that you choose.", 3200),
    ("Sourdough starter", "With a jar, a scraper and one good recipe.", None),
    ("Fountain pen", "A soft steel nib for long letters.", 4500),
)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        running_hello(Path(folder) / "hello", **QUICK) as hello,
        httpx.Client(base_url=hello.url) as client,
        open_browser() as browser,
    ):
        shop = fill(client, Path(folder) / "hello")
        take_all(browser, hello.url, shop, order(client, shop))


def fill(client: httpx.Client, hello_dir: Path) -> Shop:
    """Save birthdays all over the year, and offer items."""
    today = datetime.now(UTC).date()
    for number in range(260):
        name = NAMES[number % len(NAMES)] + ascii_lowercase[number // len(NAMES)]
        save(client, name, today + timedelta(number * number % 366), 1960 + number % 50)
    for name, in_days in (("Grace", 0), ("Linus", 0), ("Margaret", 1)):
        save(client, name, today + timedelta(in_days), 1984)
    account = signed_up(client)
    ids = [offer(client, account, *item) for item in ITEMS]
    return Shop(account, administrator(client, hello_dir), ids[0], ITEMS[0][0], "Grace")


def save(client: httpx.Client, name: str, day: date, year: int) -> None:
    born = day.replace(year=year, day=min(day.day, 28))
    client.put(f"/hello/{name}", json={"dateOfBirth": born.isoformat()}).raise_for_status()


def offer(
    client: httpx.Client, account: LoggedIn, title: str, description: str, price_cents: int | None
) -> str:
    body = {"title": title, "description": description, "price_cents": price_cents}
    answer = client.post("/api/v1/items", json=body, headers=account.headers).raise_for_status()
    return str(answer.json()["id"])


def order(client: httpx.Client, shop: Shop) -> str:
    body = {"lines": [{"item_id": shop.item_id, "quantity": 2}], "recipient": shop.recipient}
    answer = client.post("/api/v1/orders", json=body, headers=shop.account.headers).raise_for_status()
    return str(answer.json()["id"])


def take_all(browser: Browser, base_url: str, shop: Shop, order_id: str) -> None:
    for look, width, scheme in LOOKS:
        for view in (view for view in VIEWS if view.name not in NOT_TAKEN):
            context = browser.new_context(
                base_url=base_url,
                locale="en-GB",
                color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": width, "height": 800},
            )
            page = context.new_page()
            view.show(page, shop, order_id)
            page.wait_for_load_state("load")
            page.screenshot(path=PICTURES / f"{view.name}-{look}.png", full_page=True)
            context.close()


if __name__ == "__main__":
    main()
