"""What a person expects of every panel, checked on the committed JSON."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitoring.expressions import DASHBOARDS, HERE, panels_in

from tests.support.paths import REPOSITORY

PATHS = sorted(DASHBOARDS.glob("*.json"))
PANELS = [
    pytest.param(panel, id=f"{path.stem}-{panel['title']}")
    for path in PATHS
    for panel in panels_in(path)
    if panel["type"] != "row"
]
RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text()


def anchors() -> set[str]:
    """Return the anchors of the runbook's headings, as Markdown makes them."""
    headings = re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def gauges() -> Iterator[str]:
    yield from ("people", "gifts_received", "birthdays_today", "orders_today", "orders_revenue_today")
    yield from ("orders_in_progress", "orders_oldest_due_seconds", "events_dead_letters")


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_has_a_title_a_description_a_unit_and_queries(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert panel["targets"]


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_leads_to_an_entry_of_the_runbook(panel: dict[str, Any]) -> None:
    (link,) = panel["links"]
    assert link["url"].split("#")[1] in anchors()


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_asks_the_provisioned_data_source(panel: dict[str, Any]) -> None:
    provisioning = HERE / "grafana" / "provisioning" / "datasources" / "datasources.yml"
    sources = {source["uid"] for source in yaml.safe_load(provisioning.read_text())["datasources"]}
    assert panel["datasource"]["uid"] in sources
    assert {target["datasource"]["uid"] for target in panel["targets"]} <= sources


@pytest.mark.parametrize("panel", PANELS)
def test_figures_that_every_worker_reports_are_not_added_up(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        for gauge in gauges():
            if re.search(rf"\b{gauge}\b", target["expr"]):
                assert target["expr"].startswith("max")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_panels_of_a_dashboard_have_their_own_ids_and_places(path: Path) -> None:
    panels = list(panels_in(path))
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [cell for panel in panels for cell in cells_of(panel["gridPos"])]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def cells_of(box: dict[str, int]) -> Iterator[tuple[int, int]]:
    for x in range(box["x"], box["x"] + box["w"]):
        for y in range(box["y"], box["y"] + box["h"]):
            yield x, y


def test_dashboards_and_panels_that_the_runbook_names_exist() -> None:
    boards = {json.loads(path.read_text())["title"].removeprefix("Hello: "): path for path in PATHS}
    looks = re.findall(r"^- \*Look at\.\*(.+?)(?=\n- \*Do)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert looks
    titles = {panel["title"] for path in PATHS for panel in panels_in(path)}
    for look in looks:
        named = [re.sub(r"\s+", " ", name) for name in re.findall(r"\*([^*]+)\*", look)]
        assert set(named) <= titles | set(boards), look
