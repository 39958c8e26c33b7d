"""`/docs`: the first operation is open, with an example that works."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.external, pytest.mark.browser]


def test_example_of_the_first_operation_works_as_it_stands(open_page: OpenPage) -> None:
    page = open_page("/docs")
    operation = page.locator(".opblock.is-open")
    expect(operation).to_have_count(1)
    with page.expect_response("**/hello/John") as answer:
        operation.get_by_role("button", name="Execute").click()
    assert (answer.value.request.method, answer.value.status) == ("PUT", 204)


def test_links_of_the_docs_lead_to_what_they_say(open_page: OpenPage, base_url: str) -> None:
    page = open_page("/docs")
    links = page.locator(".info a[href]")
    expect(links.first).to_be_visible()
    addresses = [str(link.evaluate("link => link.href")) for link in links.all()]
    own = [address for address in addresses if address.startswith(base_url)]
    assert {f"{base_url}/", f"{base_url}/status"} <= {*own}
    for address in own:
        assert page.request.get(address).ok, address
