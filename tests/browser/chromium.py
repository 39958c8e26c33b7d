"""Chromium as a person's browser: what it may do, and everything that it complains about."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.support.programs.debian import ensure_package

PROGRAM = Path("/usr/bin/chromium")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`);
});
"""
REFUSED = "the server responded with a status of 4"
PATIENCE_MS = 10_000


def ensure_chromium() -> Path:
    """Return the program, installed if it is missing; raise `ProgramError` if it cannot be."""
    ensure_package("chromium", PROGRAM)
    return PROGRAM


@contextmanager
def open_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=OPTIONS)
        yield browser
        browser.close()


@dataclass
class Complaints:
    """What a page has written to the console, the scripts that failed, and requests of other hosts.

    It has no slots: Playwright notes its wrapper of a listener on the object that the listener is bound to.
    """

    host: str
    texts: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.add_init_script(REPORT_VIOLATIONS)
        page.on("console", self._written)
        page.on("pageerror", lambda error: self.texts.append(f"error: {error}"))
        page.on("request", lambda request: self._requested(request.url))

    def _written(self, message: ConsoleMessage) -> None:
        """Leave out a page that is answered with 4xx, which Chromium writes as well: a form was refused."""
        is_page = REFUSED in message.text and "/assets/" not in message.location["url"]
        if message.type in {"error", "warning"} and not is_page:
            self.texts.append(f"{message.type}: {message.text}")

    def _requested(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and parts.netloc != self.host:
            self.texts.append(f"request: {url}")
