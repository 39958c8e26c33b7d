"""A person at the browser, with a mouse or with a keyboard only."""

from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 80
Device = Literal["mouse", "keyboard"]
IS_FOCUSED = "element => element === document.activeElement"


@dataclass(frozen=True, slots=True)
class Person:
    page: Page
    device: Device

    def press(self, name: str, role: Literal["button", "link"] = "button", *, exact: bool = True) -> None:
        """Use a button or a link."""
        target = self.page.get_by_role(role, name=name, exact=exact).first
        if self.device == "mouse":
            target.click()
            return
        self.reach(target)
        self.page.keyboard.press("Enter")

    def type(self, label: str, text: str) -> None:
        """Write into an empty field, or over what it holds."""
        field = self.page.get_by_label(label, exact=True).first
        if self.device == "mouse":
            field.fill(text)
            return
        self.reach(field)
        if field.get_attribute("type") == "date":
            year, month, day = text.split("-")
            self.page.keyboard.type(month + day + year)
            return
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def reach(self, target: Locator) -> None:
        """Go to it with the tabulator key, as the focus goes."""
        expect(target).to_be_visible()
        for _ in range(MOST_TABS):
            if target.evaluate(IS_FOCUSED):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")

    def sees(self, text: str) -> None:
        expect(self.page.locator("main")).to_contain_text(text)
