"""Pages for administrators, and the status."""

import asyncio
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.events import Event
from hello.entrypoints.children import read_connections
from hello.services.dead_letters import dead_letter
from tests.browser.conftest import OpenPage, Shop, log_in
from tests.browser.person import Person
from tests.support.builders import NOON, a_name
from tests.support.servers import in_thread

pytestmark = [pytest.mark.external, pytest.mark.browser]
MARKUP = "<img src=x onerror=alert(1)>"
VIEWS = ("/admin", "/admin/audit", "/admin/dead-letters")


@pytest.mark.parametrize("path", VIEWS)
def test_strangers_log_in_and_customers_are_refused(open_page: OpenPage, shop: Shop, path: str) -> None:
    page = open_page(path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    log_in(page, shop.account)
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Forbidden")
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)


def test_file_is_imported_with_a_report_by_line(
    open_page: OpenPage, shop: Shop, client: httpx.Client, tmp_path: Path
) -> None:
    page, name, file = open_page(None), a_name(), tmp_path / "people.csv"
    file.write_text(f"username,dateOfBirth\n{name},1990-05-17\nJ0hn,1990-05-17\n{name}x,tomorrow\n")
    log_in(page, shop.admin)
    person = Person(page, "mouse")
    person.press("Administration", "link")
    page.get_by_label("File").set_input_files(file)
    person.press("Import")
    report = page.locator("#report")
    expect(report).to_contain_text("The import is done")
    expect(report.locator("tbody th")).to_have_text(["3", "4"])
    assert client.get(f"/hello/{name}").status_code == 200
    person.press("Audit trail", "link")
    expect(page.locator("main")).to_contain_text("people.imported")


def test_file_that_is_no_list_of_people_is_explained(open_page: OpenPage, shop: Shop, tmp_path: Path) -> None:
    page, file = open_page(None), tmp_path / "people.ndjson"
    file.write_text(f"{MARKUP}\n")
    log_in(page, shop.admin)
    page.goto("/admin")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.locator("#report")).to_contain_text("Nothing was saved")
    expect(page.locator("#report tbody th")).to_have_text(["1"])


def test_everybody_is_exported(open_page: OpenPage, shop: Shop, client: httpx.Client) -> None:
    page, name = open_page(None), a_name()
    client.put(f"/hello/{name}", json={"dateOfBirth": "1990-05-17"}).raise_for_status()
    log_in(page, shop.admin)
    page.goto("/admin")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as NDJSON").click()
    assert name in Path(download.value.path()).read_text()


def test_dead_letter_is_read_and_redriven(open_page: OpenPage, shop: Shop, hello_dir: Path) -> None:
    page, recipient = open_page(None), a_name()
    for consumer in ("gifts", f"unknown {MARKUP}"):
        set_aside(hello_dir, consumer, recipient)
    log_in(page, shop.admin)
    page.goto("/admin/dead-letters")
    letters = page.locator(".entries > li", has_text=recipient)
    expect(letters).to_have_count(2)
    expect(letters.last).to_contain_text(MARKUP)
    letters.first.get_by_role("button", name="Redrive").click()
    expect(page.locator("main")).to_contain_text("The event was handled.")
    expect(letters).to_have_count(1)
    letters.first.get_by_role("button", name="Redrive").click()
    expect(page.locator("main")).to_contain_text("no such consumer")
    expect(letters).to_have_count(1)


def set_aside(hello_dir: Path, consumer: str, recipient: str) -> None:
    """Store an event as its consumer does that could not handle it."""
    event = Event(
        id=f"{a_name()}-1",
        type="order.shipped",
        subject=recipient,
        time=NOON,
        data={"recipient": recipient, "note": MARKUP, "lines": []},
    )

    async def store() -> None:
        database = Database(dsn=read_connections(hello_dir)["database_url"], application_name="hello-test")
        async with open_engine(database) as engine, PostgresUnitOfWork.of(engine, 5).begin() as tx:
            await tx.dead_letters.add(dead_letter(consumer, event, ValueError(MARKUP), NOON))

    in_thread(lambda: asyncio.run(store()))


def test_status_says_what_works_and_keeps_itself_up_to_date(open_page: OpenPage) -> None:
    page = open_page("/status")
    page.clock.install()
    page.reload()
    expect(page.locator("#overall")).to_have_text("Everything works.")
    checked = page.locator("dd time").last
    before = checked.get_attribute("datetime")
    page.clock.fast_forward(11_000)
    expect(checked).not_to_have_attribute("datetime", str(before))
    page.get_by_role("button", name="Pause updates").click()
    expect(page.get_by_role("button", name="Resume updates")).to_be_visible()
