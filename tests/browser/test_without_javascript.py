"""Greeting, lists and search without JavaScript."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Shop
from tests.browser.person import Person
from tests.support.builders import a_name

pytestmark = [pytest.mark.external, pytest.mark.browser]
OFF = {"java_script_enabled": False}


def test_birthday_is_saved_and_greeted(open_page: OpenPage) -> None:
    person, name = Person(open_page(**OFF), "mouse"), a_name()
    person.type("Username", name)
    person.type("Day of birth", "1990-05-17")
    person.press("Save the birthday")
    person.sees(f"Hello, {name}!")
    person.type("Name", name)
    person.press("Say hello")
    person.sees(f"Hello, {name}!")


def test_lists_are_read_page_by_page(open_page: OpenPage, client: httpx.Client) -> None:
    for _ in range(60):
        client.put(f"/hello/{a_name()}", json={"dateOfBirth": "1990-05-17"}).raise_for_status()
    page = open_page("/birthdays/upcoming?days=366", **OFF)
    first = page.locator(".people li").all_inner_texts()
    page.get_by_role("link", name="Next page").click()
    expect(page).not_to_have_url("/birthdays/upcoming?days=366")
    following = page.locator(".people li").all_inner_texts()
    assert first
    assert following
    assert not {*first} & {*following}


def test_catalogue_is_searched(open_page: OpenPage, shop: Shop) -> None:
    person = Person(open_page("/catalogue", **OFF), "mouse")
    person.type("Search", shop.title.split()[1])
    person.press("Search")
    expect(person.page.locator("#results h2")).to_have_text([shop.title])
    person.press(shop.title, "link")
    expect(person.page.get_by_role("heading", level=1)).to_have_text(shop.title)
