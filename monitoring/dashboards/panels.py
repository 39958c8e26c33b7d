"""The kinds of panels that the dashboards are made of, with the looks that they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TypeAlias, TypeVar

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    Panel,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
RUNBOOK = "/public/docs/runbook.md"
"""Grafana itself serves the folder `docs`, which Docker Compose mounts there."""
STATES = ValueMap(
    {
        "0": ValueMappingResult(text="down", color="red", index=0),
        "1": ValueMappingResult(text="up", color="green", index=1),
    }
)
PanelBuilder: TypeAlias = Builder[Panel]
Kind = TypeVar("Kind", timeseries.Panel, stat.Panel, statetimeline.Panel)


@dataclass(frozen=True, slots=True)
class Query:
    """`legend` names the series, with labels as `{{label}}`; `exemplars` are points that lead to a trace."""

    expr: str
    legend: str = ""
    exemplars: bool = False

    def builder(self, ref: str) -> prometheus.Dataquery:
        query = prometheus.Dataquery().expr(self.expr).legend_format(self.legend or "__auto").ref_id(ref)
        return query.range().exemplar(self.exemplars).datasource(PROMETHEUS)


@dataclass(frozen=True, slots=True)
class Text:
    """What a panel shows in words; `entry` is the heading of the runbook that the panel leads to."""

    title: str
    description: str
    entry: str = "alerts"


@dataclass(frozen=True, slots=True)
class Steps:
    """`base` is the colour below the first threshold."""

    base: str
    above: tuple[tuple[float, str], ...] = ()

    def builder(self) -> dashboard.ThresholdsConfig:
        first = Threshold(color=self.base)
        steps = [first, *(Threshold(value=value, color=color) for value, color in self.above)]
        return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


PLAIN = Steps("green")
WIDTH, HEIGHT, STAT_WIDTH, STAT_HEIGHT = 8, 7, 4, 4


def lines(
    text: Text, unit: str, *queries: Query, width: int = WIDTH, steps: Steps = PLAIN, stacked: bool = False
) -> PanelBuilder:
    """Draw lines over time, and thresholds as dashed lines."""
    panel = (
        dressed(timeseries.Panel(), text, queries, width)
        .unit(unit)
        .min(0)
        .thresholds(steps.builder())
        .line_width(1)
        .fill_opacity(30 if stacked else 8)
        .show_points(looks.VisibilityMode.NEVER)
        .legend(legend())
        .tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI))
    )
    if steps.above:
        dashed = looks.GraphThresholdsStyleMode.DASHED
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(dashed))
    if stacked:
        panel.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL))
    return panel


def number(
    text: Text,
    unit: str,
    *queries: Query,
    width: int = STAT_WIDTH,
    height: int = STAT_HEIGHT,
    steps: Steps = PLAIN,
) -> PanelBuilder:
    """Show the last value of each series, in the colour of its threshold."""
    has_names = any(query.legend for query in queries)
    mode = looks.BigValueTextMode.VALUE_AND_NAME if has_names else looks.BigValueTextMode.VALUE
    return (
        dressed(stat.Panel(), text, queries, width, height)
        .unit(unit)
        .thresholds(steps.builder())
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(looks.BigValueGraphMode.AREA)
        .color_mode(looks.BigValueColorMode.VALUE)
        .text_mode(mode)
    )


def name(text: Text, *queries: Query, width: int = STAT_WIDTH) -> PanelBuilder:
    """Show labels instead of numbers, such as a version."""
    return (
        dressed(stat.Panel(), text, queries, width, STAT_HEIGHT)
        .unit("none")
        .thresholds(Steps("text").builder())
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(looks.BigValueGraphMode.NONE)
        .text_mode(looks.BigValueTextMode.NAME)
    )


def states(text: Text, *queries: Query, width: int = WIDTH) -> PanelBuilder:
    """Draw a band for each series: green while it is 1, red while it is 0."""
    return (
        dressed(statetimeline.Panel(), text, queries, width)
        .unit("none")
        .thresholds(Steps("red", ((1, "green"),)).builder())
        .mappings([STATES])
        .show_value(looks.VisibilityMode.NEVER)
        .row_height(0.8)
        .legend(legend())
    )


def dressed(panel: Kind, text: Text, queries: Sequence[Query], width: int, height: int = HEIGHT) -> Kind:
    for query, ref in zip(queries, ascii_uppercase, strict=False):
        panel.with_target(query.builder(ref))
    return (
        panel.title(text.title)
        .description(text.description)
        .links([runbook_link(text.entry)])
        .datasource(PROMETHEUS)
        .height(height)
        .span(width)
    )


def legend() -> common.VizLegendOptions:
    shown = common.VizLegendOptions().show_legend(show_legend=True)
    return shown.display_mode(looks.LegendDisplayMode.LIST).placement(looks.LegendPlacement.BOTTOM)


def runbook_link(entry: str) -> dashboard.DashboardLink:
    link = dashboard.DashboardLink(f"Runbook: {entry}").type(DashboardLinkType.LINK)
    return link.url(f"{RUNBOOK}#{entry.lower()}").target_blank(target_blank=True)
