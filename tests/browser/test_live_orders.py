"""Watching an order while the network fails."""

from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from hello.connectors.embedded.servers import Servers
from tests.browser.chromium import Complaints
from tests.browser.conftest import OpenPage, Shop, log_in
from tests.support.http.accounts import LoggedIn, signed_up
from tests.support.http.running import running_api

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


def test_watching_ends_at_the_log_in_once_the_session_has_ended(
    open_page: OpenPage, complaints: Complaints, servers: Servers
) -> None:
    """Without a worker the order stays as it is."""
    with running_api(servers) as api, httpx.Client(base_url=api.url) as client:
        complaints.host = urlsplit(api.url).netloc
        account = signed_up(client)
        item = post(client, account, "items", {"title": "A kite", "price_cents": 1})
        order = post(client, account, "orders", {"lines": [{"item_id": item, "quantity": 1}]})
        page = open_page(None, base_url=api.url)
        log_in(page, account)
        page.goto(f"/orders/{order}")
        expect(page.locator("[data-part=live]")).to_have_text("Watching live.")
        tab = page.context.new_page()
        tab.goto("/")
        tab.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in", timeout=15_000)
        assert page.url == f"{api.url}/login?next=%2Forders%2F{order}"
    complaints.texts[:] = [text for text in complaints.texts if "EventSource" not in text]


def post(client: httpx.Client, account: LoggedIn, path: str, body: object) -> str:
    answer = client.post(f"/api/v1/{path}", json=body, headers=account.headers).raise_for_status()
    return str(answer.json()["id"])
