"""What the committed JSON of a dashboard says about its panels."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")
AUTOMATIC = "__auto"


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the grid of 24 columns."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Target:
    expr: str
    legend: str

    def name(self, labels: Mapping[str, str]) -> str:
        """Fill in the labels, as Grafana does."""
        if self.legend == AUTOMATIC:
            return ", ".join(value for name, value in labels.items() if name != "__name__")
        return LABEL.sub(lambda found: labels.get(found[1], ""), self.legend).strip()


@dataclass(frozen=True, slots=True)
class Panel:
    """`steps` are the thresholds: a value and the colour from there on; the first has none."""

    kind: str
    title: str
    box: Box
    unit: str
    targets: Sequence[Target]
    steps: Sequence[tuple[float | None, str]]
    is_stacked: bool
    text_mode: str

    def color(self, value: float) -> str:
        fitting = [color for least, color in self.steps if least is None or value >= least]
        return fitting[-1]


@dataclass(frozen=True, slots=True)
class Board:
    title: str
    panels: Sequence[Panel]

    @property
    def height(self) -> int:
        return max(panel.box.y + panel.box.h for panel in self.panels)


def read_board(path: Path) -> Board:
    board = json.loads(path.read_text())
    return Board(board["title"], [read_panel(panel) for panel in board["panels"]])


def read_panel(panel: Mapping[str, Any]) -> Panel:
    defaults = panel.get("fieldConfig", {}).get("defaults", {})
    return Panel(
        panel["type"],
        panel["title"],
        Box(**panel["gridPos"]),
        defaults.get("unit", "none"),
        [Target(target["expr"], target["legendFormat"]) for target in panel.get("targets", ())],
        [(step["value"], step["color"]) for step in defaults.get("thresholds", {}).get("steps", ())],
        defaults.get("custom", {}).get("stacking", {}).get("mode") == "normal",
        panel.get("options", {}).get("textMode", "auto"),
    )
