"""Panels as a dashboard describes them."""

from monitoring.pictures.boards import Box, Panel, Target


def a_panel(kind: str = "timeseries", **more: object) -> Panel:
    values: dict[str, object] = {
        "title": "Requests",
        "box": Box(0, 0, 8, 7),
        "unit": "reqps",
        "targets": [Target("requests", "{{route}}")],
        "steps": [(None, "green"), (1, "yellow"), (5, "red")],
        "is_stacked": False,
        "text_mode": "value",
    }
    return Panel(kind, **(values | more))  # type: ignore[arg-type]
