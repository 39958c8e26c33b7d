"""Every view at every width, light and dark: accessible, without scrolling sideways, quick to paint."""

from collections.abc import Sequence
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response

from tests.browser.conftest import OpenPage, Shop
from tests.browser.views import VIEWS, View

pytestmark = [pytest.mark.external, pytest.mark.browser]
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
LOOKS: Sequence[tuple[int, Literal["light", "dark"]]] = ((360, "dark"), (768, "light"), (1440, "dark"))
FIRST_PAINT_BYTES = 100_000
OUTLINED = """() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""
MOVING = """() => [...document.querySelectorAll("*")].some((element) => {
    const style = getComputedStyle(element);
    return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
})"""


@pytest.fixture(scope="module")
def order_id(client: httpx.Client, shop: Shop) -> str:
    body = {"lines": [{"item_id": shop.item_id, "quantity": 2}], "recipient": shop.recipient}
    return str(client.post("/api/v1/orders", json=body, headers=shop.account.headers).json()["id"])


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_view_is_accessible_at_every_width_light_and_dark(
    open_page: OpenPage, shop: Shop, order_id: str, view: View
) -> None:
    page = open_page(None, reduced_motion="reduce")  # colours would change slowly
    view.show(page, shop, order_id)
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []


def violations(page: Page) -> list[Any]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


def test_focus_is_seen_wherever_it_goes(open_page: OpenPage, shop: Shop) -> None:
    page = open_page(f"/catalogue/{shop.item_id}")
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate(OUTLINED)


def test_first_tab_offers_to_skip_to_the_content(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_nothing_moves_for_those_who_do_not_want_it(open_page: OpenPage, shop: Shop) -> None:
    for path in ("/", "/catalogue", f"/catalogue/{shop.item_id}"):
        assert open_page(path, reduced_motion="reduce").evaluate(MOVING) is False


def test_dates_and_amounts_are_written_as_the_reader_does(open_page: OpenPage, shop: Shop) -> None:
    page = open_page(f"/catalogue/{shop.item_id}", locale="de-DE")
    assert page.locator("data.price").inner_text() == "19,99"
    assert " " in page.locator("article time").inner_text()
    assert "." in page.locator("article time").inner_text()


def test_first_paint_takes_less_than_100_kb(open_page: OpenPage) -> None:
    page, sizes = open_page(None), list[int]()

    def answered(response: Response) -> None:
        sizes.append(len(response.body()) + sum(len(line) for line in response.headers))

    page.on("response", answered)
    page.goto("/", wait_until="networkidle")
    assert len(sizes) >= 3
    assert sum(sizes) < FIRST_PAINT_BYTES
