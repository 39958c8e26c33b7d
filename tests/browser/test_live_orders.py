"""Watching an order while the network fails."""

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Complaints
from tests.browser.conftest import OpenPage, Shop, log_in

pytestmark = [pytest.mark.external, pytest.mark.browser]


def test_order_is_watched_on_after_the_network_was_lost(
    open_page: OpenPage, shop: Shop, complaints: Complaints
) -> None:
    page = open_page(None)
    log_in(page, shop.account)
    page.goto(f"/catalogue/{shop.item_id}")
    page.get_by_role("button", name="Place the order").click()
    expect(page.locator("[data-part=live]")).to_have_text("Watching live.")
    page.evaluate("window.isSamePage = true")
    page.context.set_offline(True)
    expect(page.locator("[data-part=live]")).to_have_text("You are offline.")
    page.context.set_offline(False)
    expect(page.locator("[data-part=status]")).to_have_text("Shipped")
    expect(page.locator("[data-part=cancel]")).to_be_hidden()
    assert page.evaluate("window.isSamePage") is True
    complaints.texts[:] = [text for text in complaints.texts if "ERR_INTERNET_DISCONNECTED" not in text]
