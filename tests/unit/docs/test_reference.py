"""The reference says all that the code has, and no more."""

import re
from json import loads

import pytest
from docs.site.reference import reference_files
from docs.site.reference.settings import settings_page

from hello.core.settings import Settings
from tests.support.paths import REPOSITORY

FIRST_CELL = re.compile(r"^\| (`[^|]*`) \|", re.MULTILINE)
NAME = re.compile(r"`(\w+)`")


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return {path.removeprefix("docs/reference/"): text for path, text in reference_files().items()}


def names_in(tables: str) -> set[str]:
    return {name for cell in FIRST_CELL.findall(tables) for name in NAME.findall(cell)}


def test_each_operation_has_a_section_that_the_overview_links_to(files: dict[str, str]) -> None:
    for route, methods in loads(files["openapi.json"])["paths"].items():
        for method, operation in methods.items():
            page = f"{operation['tags'][0]}.md"
            assert f"`{method.upper()} {route}`" in files[f"http/{page}"]
            assert f"]({page}#{operation['operationId']})" in files["http/README.md"]


def test_each_event_is_listed_with_its_data(files: dict[str, str]) -> None:
    channels = loads((REPOSITORY / "docs/asyncapi.json").read_text())["channels"]
    for name, channel in channels.items():
        assert f"| `{name}` | {channel['description']} | [" in files["events.md"]


def test_each_setting_has_a_row_with_its_default(files: dict[str, str]) -> None:
    rows = re.findall(r'<tr id="(\w+)">', files["settings.md"])
    assert {name for name in rows if name in Settings.model_fields} == set(Settings.model_fields)
    assert len(rows) == len(set(rows))
    assert (
        "<td><code>POSTGRES_PORT</code></td><td>integer, 1 to 65,535</td><td><code>5432</code></td>"
        in (files["settings.md"])
    )


def test_a_setting_without_a_section_stops_the_build() -> None:
    example = (REPOSITORY / ".env.example").read_text().replace("KEEP_ALIVE_S=75\n", "")
    with pytest.raises(ValueError, match="no section for KEEP_ALIVE_S"):
        settings_page(example)


def test_the_metrics_are_those_that_the_runbook_explains(files: dict[str, str]) -> None:
    explained = (REPOSITORY / "docs/runbook.md").read_text().partition("## Metrics")[2]
    assert names_in(files["metrics.md"]) == names_in(explained)


def test_a_table_has_the_same_cells_in_each_row(files: dict[str, str]) -> None:
    for path, text in files.items():
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE) if path.endswith(".md") else []:
            assert len({line.count("|") for line in block.splitlines()}) == 1, f"{path}: {block}"
