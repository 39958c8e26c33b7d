"""What people come for, with a mouse and with a keyboard only."""

import re
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Shop, log_in
from tests.browser.person import Device, Person
from tests.support.builders import a_name
from tests.support.http.accounts import PASSWORD

pytestmark = [pytest.mark.external, pytest.mark.browser]


@pytest.fixture(params=["mouse", "keyboard"])
def device(request: pytest.FixtureRequest) -> Device:
    return cast("Device", request.param)


def person_at(page: Page, device: Device) -> Person:
    return Person(page, device)


def test_birthday_is_remembered_and_greeted(open_page: OpenPage, device: Device) -> None:
    person, name = person_at(open_page(), device), a_name()
    person.type("Name", name)
    person.press("Say hello")
    person.sees(f"There is no user named {name}")
    expect(person.page.get_by_label("Username")).to_have_value(name)
    person.type("Day of birth", "1990-05-17")
    person.press("Save the birthday")
    person.sees("The birthday is saved.")
    person.sees(f"Hello, {name}!")


def test_wrong_name_and_wrong_day_are_explained(open_page: OpenPage, device: Device) -> None:
    person = person_at(open_page("/?name=J0hn"), device)
    person.sees("The name must be 1 to 100 letters")
    tomorrow = datetime.now(UTC).date() + timedelta(1)
    person.page.get_by_label("Day of birth").evaluate("field => field.removeAttribute('max')")
    person.type("Username", "John")
    person.type("Day of birth", tomorrow.isoformat())
    person.press("Save the birthday")
    person.sees("Day of birth must be before today")
    expect(person.page.get_by_label("Day of birth")).to_be_focused()
    expect(person.page.get_by_label("Username")).to_have_value("John")


@pytest.mark.usefixtures("shop")
def test_lists_and_the_wheel_show_who_celebrates(open_page: OpenPage, device: Device) -> None:
    person = person_at(open_page(), device)
    expect(person.page.get_by_role("img", name=re.compile("birthdays spread over the year"))).to_be_visible()
    person.press("The next 30 days", "link")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Birthdays of the next 30 days")
    person.press("A year", "link")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Birthdays of the next 366 days")


def test_search_as_one_types_suggests_titles(open_page: OpenPage, shop: Shop, device: Device) -> None:
    page = open_page("/catalogue")
    person, word = person_at(page, device), shop.title.split()[1]
    field, options = page.get_by_label("Search", exact=True).first, page.get_by_role("option")
    person.reach(field)
    page.keyboard.type(word[:-2])
    expect(options).to_have_text([shop.title])
    expect(field).to_have_attribute("aria-expanded", "true")
    if device == "mouse":
        options.first.click()
    else:
        page.keyboard.press("Escape")
        expect(options).to_have_count(0)
        page.keyboard.type(word[-2])
        expect(options).to_have_text([shop.title])
        page.keyboard.press("ArrowDown")
        expect(options.first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
    expect(field).to_have_value(shop.title)
    expect(page.locator("#results h2")).to_have_text([shop.title])
    expect(page).to_have_url(re.compile(r"/catalogue\?q=Kite"))


def test_account_is_registered_logged_out_and_in(open_page: OpenPage, device: Device) -> None:
    person, name = person_at(open_page(), device), a_name()
    person.press("Register", "link")
    person.type("Name", name)
    person.type("E-mail", f"{name}@example.com")
    person.type("Password", PASSWORD)
    person.press("Create the account")
    person.sees("Your account is ready.")
    person.press("Log out")
    person.sees("You are logged out.")
    person.press("Log in", "link")
    person.type("E-mail", f"{name}@example.com")
    person.type("Password", "a wrong password")
    person.press("Log in")
    person.sees("the e-mail or the password is wrong")
    person.type("Password", PASSWORD)
    person.press("Log in")
    person.sees("You are logged in.")
    person.press(name, "link")
    person.sees(f"{name}@example.com")


def test_offered_item_is_ordered_and_arrives_live(open_page: OpenPage, shop: Shop, device: Device) -> None:
    page = open_page(None)
    log_in(page, shop.account)
    person, title = person_at(page, device), f"Drum {a_name()}"
    person.press("Gifts", "link")
    person.press("Offer an item", "link")
    person.type("Title", title)
    person.type("Price", "19,90")
    person.press("Offer it")
    person.sees("Your item is in the catalogue.")
    person.type("For whom", "Nobodyknown")
    person.press("Place the order")
    person.sees("For whom")
    person.sees("The order was not placed.")
    person.type("For whom", shop.recipient)
    person.type("How many", "2")
    person.press("Place the order")
    person.sees(f"Order for {shop.recipient}")
    page.evaluate("window.isSamePage = true")
    expect(page.locator("[data-part=status]")).to_have_text("Shipped")
    person.sees("The gift is on its way.")
    expect(page.locator("[data-step].reached")).to_have_count(3)
    assert page.evaluate("window.isSamePage") is True
    person.sees("39.80")


def test_order_is_cancelled(open_page: OpenPage, shop: Shop, device: Device) -> None:
    page = open_page(None)
    log_in(page, shop.account)
    person = person_at(page, device)
    page.goto(f"/catalogue/{shop.item_id}")
    person.press("Place the order")
    person.press("Cancel the order")
    person.sees("The order is cancelled.")
    expect(page.locator("[data-part=status]")).to_have_text("Cancelled")
    person.press("Orders", "link")
    person.press("Cancelled", "link")
    expect(page.locator(".orders li").first).to_contain_text(shop.title)
