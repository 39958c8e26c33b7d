"""What an attacker would try on a person with a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Complaints
from tests.browser.conftest import OpenPage, Shop, log_in
from tests.support.builders import a_name
from tests.support.http.accounts import PASSWORD, USERS, an_email

pytestmark = [pytest.mark.external, pytest.mark.browser]
MARKUP = """<img src=x onerror="alert(1)"><script>alert(2)</script>'"&lt;b&gt;</title></textarea>"""
COOKIE = "hello_session"


class Evil(BaseHTTPRequestHandler):
    """A page of another site; `body` is set for each test."""

    body = b""

    def do_GET(self) -> None:  # the name is the library's
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def evil_site(body: str) -> Iterator[str]:
    """Serve it under another host name of this machine, which is another site to the browser."""
    handler = type("Evil", (Evil,), {"body": body.encode()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def visit(
    open_page: OpenPage,  # noqa: ARG001  # set up before this, so that it looks at the complaints afterwards
    complaints: Complaints,
) -> Iterator[None]:
    """Allow the other site in this test; what it does is what is tested."""
    yield
    complaints.texts.clear()


def session_cookie(page: Page) -> dict[str, object] | None:
    cookies = [cookie for cookie in page.context.cookies() if cookie["name"].endswith(COOKIE)]
    return dict(cookies[0]) if cookies else None


@pytest.mark.usefixtures("visit")
@pytest.mark.parametrize("path", ["/orders", "/logout", "/logout/everywhere", "/catalogue", "/birthdays"])
def test_form_of_another_site_changes_nothing(
    open_page: OpenPage, shop: Shop, client: httpx.Client, base_url: str, path: str
) -> None:
    page, name = open_page(None), a_name()
    log_in(page, shop.account)
    fields = {
        "item_id": shop.item_id,
        "key": name,
        "quantity": "1",
        "title": name,
        "username": name,
        "date_of_birth": "1990-05-17",
    }
    inputs = "".join(f'<input name="{key}" value="{value}">' for key, value in fields.items())
    form = f'<form method="post" action="{base_url}{path}">{inputs}<button>Win</button></form>'
    with evil_site(form) as evil:
        page.goto(evil)
        with page.expect_navigation() as sent:
            page.get_by_role("button").click()
        assert sent.value
        assert sent.value.status == 403
    page.goto("/account")
    expect(page.get_by_role("button", name="Log out", exact=True)).to_be_visible()
    assert client.get(f"/hello/{name}").status_code == 404
    assert client.get("/api/v1/search/items", params={"q": name}).json()["total"] == 0


@pytest.mark.usefixtures("visit")
def test_page_is_not_shown_in_a_frame(open_page: OpenPage, base_url: str) -> None:
    with evil_site(f'<iframe src="{base_url}/"></iframe>') as evil:
        page = open_page(None)
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(evil)
        frame = page.frame_locator("iframe")
        expect(frame.locator("h1", has_text="Whose birthday")).to_have_count(0)


def test_markup_is_text_in_every_view(open_page: OpenPage, client: httpx.Client) -> None:
    email, word = an_email(), a_name()
    account = {"email": email, "password": PASSWORD, "full_name": MARKUP}
    client.post(f"{USERS}/register", json=account).raise_for_status()
    tokens = client.post(f"{USERS}/login", json=account).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    body = {"title": f"{word} {MARKUP}", "description": f"{MARKUP} {word}", "price_cents": 1}
    item = client.post("/api/v1/items", json=body, headers=headers).raise_for_status().json()
    page = open_page(None)
    page.on("dialog", lambda dialog: pytest.fail(f"a script has run: {dialog.message}"))
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".account")).to_contain_text(MARKUP)
    page.goto(f"/catalogue/{item['id']}")
    page.get_by_role("button", name="Place the order").click()
    expect(page.locator("[data-part=status]")).to_have_text("Shipped")
    order = urlsplit(page.url).path
    for path in (f"/catalogue/{item['id']}", order, "/orders", "/catalogue", f"/catalogue?q={word}"):
        page.goto(path)
        expect(page.locator("main")).to_contain_text(MARKUP)
        assert_is_plain(page)
    page.get_by_label("Search", exact=True).first.fill(word[:-1])
    expect(page.get_by_role("option")).to_contain_text([MARKUP])
    assert_is_plain(page)


def assert_is_plain(page: Page) -> None:
    assert page.locator("img").count() == 0
    assert page.locator("script:not([src])").count() == 0


@pytest.mark.parametrize("path", ["/", "/catalogue", "/birthdays/upcoming", "/login", "/nope", "/status"])
def test_markup_in_an_address_is_text(open_page: OpenPage, path: str) -> None:
    page = open_page(None)
    page.on("dialog", lambda dialog: pytest.fail(f"a script has run: {dialog.message}"))
    for parameter in ("name", "q", "next", "done", "tz", "for", "min", "days", "cursor"):
        page.goto(f"{path}?{httpx.QueryParams({parameter: MARKUP})}")
        expect(page.locator("main")).to_be_visible()
        assert_is_plain(page)


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(open_page: OpenPage, shop: Shop) -> None:
    page = open_page(None)
    log_in(page, shop.account)
    cookie = session_cookie(page)
    assert cookie
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert COOKIE not in page.evaluate("document.cookie")


def test_planted_session_is_not_the_one_after_a_log_in(
    open_page: OpenPage, shop: Shop, base_url: str
) -> None:
    page, other = open_page(None), open_page(None)
    log_in(page, shop.account)
    planted = session_cookie(page)
    assert planted
    other.context.add_cookies([{"name": COOKIE, "value": str(planted["value"]), "url": base_url}])
    log_in(other, shop.account)
    after = session_cookie(other)
    assert after
    assert after["value"] != planted["value"]
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_logging_out_ends_the_session_in_every_tab_and_for_a_stolen_cookie(
    open_page: OpenPage, shop: Shop, base_url: str
) -> None:
    page = open_page(None)
    log_in(page, shop.account)
    cookie = session_cookie(page)
    assert cookie
    tab = page.context.new_page()
    tab.goto("/account")
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.locator("main")).to_contain_text("You are logged out.")
    tab.reload()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Log in")
    stolen = httpx.get(f"{base_url}/account", cookies={COOKIE: str(cookie["value"])})
    assert (stolen.status_code, stolen.headers["Location"]) == (303, "/login?next=%2Faccount")


def test_logging_out_everywhere_ends_other_browsers(open_page: OpenPage, shop: Shop) -> None:
    page, other = open_page(None), open_page(None)
    for one in (page, other):
        log_in(one, shop.account)
    page.goto("/account")
    page.get_by_role("button", name="Log out everywhere").click()
    expect(page.locator("main")).to_contain_text("You are logged out on all devices.")
    other.goto("/account")
    expect(other.get_by_role("heading", level=1)).to_have_text("Log in")


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "javascript:alert(1)"],
)
def test_log_in_leads_to_no_other_site(open_page: OpenPage, shop: Shop, base_url: str, wanted: str) -> None:
    page = open_page(None)
    page.goto(f"/login?{httpx.QueryParams({'next': wanted})}")
    page.get_by_label("E-mail").fill(shop.account.account["email"])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out", exact=True).wait_for()
    assert page.url == f"{base_url}/?done=logged-in"
