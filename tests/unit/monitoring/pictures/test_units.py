"""Values read as in Grafana."""

import pytest
from monitoring.expressions import DASHBOARDS, panels_in
from monitoring.pictures.units import UNITS, shown


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "none", "0"),
        (12_300, "none", "12.3 k"),
        (1_234_567, "locale", "1,234,567"),
        (0.0123, "percentunit", "1.23 %"),
        (-0.5, "percentunit", "-50 %"),
        (0, "s", "0 s"),
        (0.0005, "s", "500 µs"),
        (0.05, "s", "50 ms"),
        (90, "s", "1.5 min"),
        (1536, "bytes", "1.5 KiB"),
        (0, "reqps", "0 req/s"),
        (1234, "ops", "1.23 kops/s"),
        (0.25, "cps", "0.25 c/s"),
    ],
)
def test_a_value_with_its_unit(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_every_unit_of_the_dashboards_can_be_shown() -> None:
    units = {
        panel["fieldConfig"]["defaults"]["unit"]
        for path in DASHBOARDS.glob("*.json")
        for panel in panels_in(path)
        if panel["type"] != "row"
    }
    assert units <= set(UNITS)
