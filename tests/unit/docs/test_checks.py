"""The checks of the built site find broken links, and all that another host would have to serve."""

from pathlib import Path

import pytest
from docs.site.checks import faults_of

POLICY = """<meta http-equiv="Content-Security-Policy" content="default-src 'self'">"""
TARGET = f'{POLICY}<h2 id="here">Here</h2>'


def site_with(folder: Path, body: str, style: str = "", policy: str = POLICY) -> list[str]:
    """Return the faults of a site of two pages."""
    (folder / "docs").mkdir()
    (folder / "docs/target.html").write_text(TARGET)
    (folder / "index.html").write_text(policy + body)
    (folder / "site.css").write_text(style)
    return faults_of(folder)


@pytest.mark.parametrize(
    "body",
    [
        '<a href="docs/target.html#here">',
        '<a href="site.css">',
        '<a href="https://example.com/">',
        '<a href="mailto:ada@example.com">',
        '<p id="own"></p><a href="#own">',
        '<img src="data:image/png;base64,AA">',
    ],
)
def test_a_good_page_has_no_fault(tmp_path: Path, body: str) -> None:
    assert site_with(tmp_path, body) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="docs/nothing.html">', "docs/nothing.html does not exist"),
        ('<a href="docs/target.html#there">', "docs/target.html#there has no such anchor"),
        ('<a href="#own">', "#own has no such anchor"),
        ('<img src="picture.svg">', "picture.svg does not exist"),
        ('<script src="https://cdn.example/a.js"></script>', "loads https://cdn.example/a.js"),
        ('<link rel="preconnect" href="//fonts.example">', "loads //fonts.example"),
        ('<iframe src="https://frames.example/"></iframe>', "loads https://frames.example/"),
    ],
)
def test_a_broken_link_or_a_foreign_host_is_a_fault(tmp_path: Path, body: str, fault: str) -> None:
    assert site_with(tmp_path, body) == [f"index.html: {fault}"]


@pytest.mark.parametrize(
    "style",
    ['@import "https://fonts.example/a.css";', "p { background: url(//cdn.example/a.png) }"],
)
def test_a_style_sheet_that_loads_from_another_host_is_a_fault(tmp_path: Path, style: str) -> None:
    (fault,) = site_with(tmp_path, "", style)
    assert fault.startswith("site.css: loads ")


def test_a_page_without_a_policy_is_a_fault(tmp_path: Path) -> None:
    (fault,) = site_with(tmp_path, "", policy="")
    assert "Content-Security-Policy" in fault
