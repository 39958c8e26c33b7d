"""Checks the built site: every link and anchor has its target, and nothing is loaded from another host."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

SOURCES = dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src")
LOADS = SOURCES | {"link": "href", "object": "data", "form": "action"}
STYLES = re.compile(r"(?:url\(|@import\s*)[\"']?((?:https?:)?//[^\"')]+)")
POLICY = "Content-Security-Policy"


@dataclass
class Page(HTMLParser):
    """What one page defines, links to and loads."""

    path: Path
    anchors: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)
    policy: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        if values.get(LOADS.get(tag, "")):
            self.loads.add(values[LOADS[tag]])
        if tag == "meta" and values.get("http-equiv") == POLICY:
            self.policy = values["content"]


def faults_of(site: Path) -> list[str]:
    """Return a line for each fault."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    faults = [
        f"{path.relative_to(site)}: {fault}"
        for path, page in pages.items()
        for fault in faults_of_page(page, pages)
    ]
    for path in sorted(site.rglob("*.css")):
        faults += [f"{path.relative_to(site)}: loads {url}" for url in STYLES.findall(path.read_text())]
    return faults


def faults_of_page(page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    if not page.policy:
        yield f"no {POLICY}: its scripts may load from other hosts"
    for url in sorted(page.loads | page.links):
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            if url in page.loads and parts.scheme != "data":
                yield f"loads {url}"
        elif page.path.name != "404.html":
            yield from faults_of_link(url, page, pages)


def faults_of_link(url: str, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    parts = urlsplit(url)
    target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
    if not target.exists():
        yield f"{url} does not exist"
    elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        yield f"{url} has no such anchor"
