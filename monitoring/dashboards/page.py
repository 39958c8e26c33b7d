"""A dashboard of rows with panels, as Grafana reads it."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
)

from monitoring.dashboards.panels import PROMETHEUS, RUNBOOK, PanelBuilder

TAG = "hello"


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    panels: Sequence[PanelBuilder]


@dataclass(frozen=True, slots=True)
class Page:
    """`name` is the file and the address; with `instances_of` a job, `$instance` selects its processes."""

    name: str
    title: str
    description: str
    rows: Sequence[Row]
    instances_of: str | None = None

    def json(self) -> str:
        built = self._builder().build()
        for number, panel in enumerate(built.panels or (), 1):
            panel.id_val = number
        return JSONEncoder(indent=2, sort_keys=True, ensure_ascii=False).encode(built) + "\n"

    def _builder(self) -> dashboard.Dashboard:
        builder = (
            dashboard.Dashboard(f"Hello: {self.title}")
            .uid(f"hello-{self.name}")
            .description(self.description)
            .tags([TAG])
            .time("now-1h", "now")
            .refresh("30s")
            .timezone("browser")
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .links([other_pages(), runbook()])
        )
        if self.instances_of is not None:
            builder.with_variable(instances(self.instances_of))
        for row in self.rows:
            builder.with_row(dashboard.Row(row.title))
            for panel in row.panels:
                builder.with_panel(panel)
        return builder


def instances(job: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("instance")
        .label("Process")
        .datasource(PROMETHEUS)
        .query(f'label_values(up{{job="{job}"}}, instance)')
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".+")
        .current(VariableOption(text="All", value="$__all", selected=True))
    )


def other_pages() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("Dashboards").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.keep_time(keep_time=True)


def runbook() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("Runbook").type(DashboardLinkType.LINK).url(RUNBOOK)
    return link.target_blank(target_blank=True)
