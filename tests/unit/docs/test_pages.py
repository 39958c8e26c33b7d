"""The pages of the site: diagrams as pictures, links that lead somewhere, and no page without a place."""

from pathlib import Path

import pytest
from docs.site.pages import PageError, collect, drawn, linked, write

from tests.support.paths import REPOSITORY

PAGE = "docs/architecture.md"
NAMED = "<!-- diagram system -->\n```mermaid\nflowchart TD\n```\n"


def test_a_diagram_becomes_the_picture_of_its_name() -> None:
    assert drawn("docs/adr/0001-layers.md", NAMED) == (
        "[![Diagram: system](../diagrams/system.svg)](../diagrams/system.svg)\n"
    )


def test_a_diagram_without_a_name_stops_the_build() -> None:
    with pytest.raises(PageError, match=r"docs/architecture\.md: name each diagram"):
        drawn(PAGE, "```mermaid\nflowchart TD\n```\n")


@pytest.mark.parametrize("link", ["[a](contract.md#orders)", "[a](#terms)", "[a](https://example.com)"])
def test_links_to_pages_anchors_and_hosts_stay(link: str) -> None:
    copies: dict[str, bytes] = {}
    assert (linked(PAGE, link, copies), copies) == (link, {})


def test_what_a_link_shows_is_copied() -> None:
    copies: dict[str, bytes] = {}
    assert linked(PAGE, "[events](asyncapi.json)", copies) == "[events](asyncapi.json)"
    assert copies == {"docs/asyncapi.json": (REPOSITORY / "docs/asyncapi.json").read_bytes()}


def test_a_link_to_code_becomes_its_text() -> None:
    assert linked(PAGE, "see [`main`](../src/hello/__main__.py).", {}) == "see `main`."


def test_a_link_to_a_file_that_does_not_exist_stops_the_build() -> None:
    with pytest.raises(PageError, match=r"there is no docs/nothing\.svg"):
        linked(PAGE, "![picture](nothing.svg)", {})


def test_a_page_without_a_place_in_the_navigation_stops_the_build() -> None:
    with pytest.raises(PageError, match=r"no place in `nav` for docs/architecture\.md"):
        collect(["docs/contract.md", "docs/adr/*.md", "docs/[!a]*.md"])


def test_writing_removes_what_is_no_longer_a_file_of_the_site(tmp_path: Path) -> None:
    write({"a.md": b"old", "b/c.md": b"stays"}, tmp_path)
    write({"a.md": b"new", "b/c.md": b"stays"}, tmp_path)
    write({"b/c.md": b"stays"}, tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["c.md"]
