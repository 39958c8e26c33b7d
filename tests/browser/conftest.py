"""The product as a person uses it: `hello run`, and Chromium."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from hello.entrypoints.children import read_connections
from tests.browser.chromium import PATIENCE_MS, Complaints, open_browser
from tests.support.builders import a_name
from tests.support.http.accounts import (
    PASSWORD,
    LoggedIn,
    an_email,
    create_admin_at,
    signed_up,
    tokens_of,
)
from tests.support.http.running import running_hello

QUICK = {
    "ORDER_CONFIRM_DELAY_S": "1",
    "ORDER_SHIP_DELAY_S": "1",
    "RATE_LIMIT_ACCOUNTS": "off",
    "RATE_LIMIT_LOGIN_ADDRESS": "off",
}
OpenPage: TypeAlias = Callable[..., Page]


@dataclass(frozen=True, slots=True)
class Shop:
    """A customer and an administrator, an item on offer, and somebody who has a birthday."""

    account: LoggedIn
    admin: LoggedIn
    item_id: str
    title: str
    recipient: str


@pytest.fixture(scope="session")
def hello_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hello")


@pytest.fixture(scope="session")
def base_url(hello_dir: Path) -> Iterator[str]:
    with running_hello(hello_dir, **QUICK) as hello:
        yield hello.url


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, timeout=10) as client:
        yield client


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def shop(client: httpx.Client, hello_dir: Path) -> Shop:
    account, title, recipient = signed_up(client), f"Kite {a_name()}", a_name()
    client.put(f"/hello/{recipient}", json={"dateOfBirth": "1990-05-17"}).raise_for_status()
    body = {"title": title, "description": "Flies in any wind.", "price_cents": 1999}
    item = client.post("/api/v1/items", json=body, headers=account.headers).raise_for_status().json()
    return Shop(account, administrator(client, hello_dir), item["id"], title, recipient)


@pytest.fixture
def complaints(base_url: str) -> Complaints:
    """What may be expected is removed by the test."""
    return Complaints(urlsplit(base_url).netloc)


@pytest.fixture
def open_page(browser: Browser, base_url: str, complaints: Complaints) -> Iterator[OpenPage]:
    """Open a page in a new profile; fail for whatever a browser complains about."""
    contexts: list[BrowserContext] = []

    def open_(path: str | None = "/", **options: Any) -> Page:  # noqa: ANN401  # Playwright's own options
        usual = {"base_url": base_url, "locale": "en-US", "timezone_id": "UTC"}
        context = browser.new_context(**{**usual, **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        if path is not None:
            page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints.texts == []


def log_in(page: Page, account: LoggedIn) -> None:
    """Log in by the form, as quickly as a browser can."""
    page.goto("/login")
    page.get_by_label("E-mail").fill(account.account["email"])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").wait_for()


def administrator(client: httpx.Client, hello_dir: Path) -> LoggedIn:
    """Return a new one of the service whose data are there."""
    email, places = an_email(), read_connections(hello_dir)
    created = create_admin_at({"DATABASE_URL": places["database_url"]}, email)
    assert created.returncode == 0, created.stderr
    return LoggedIn({"email": email}, tokens_of(client, email))
