"""A dashboard is drawn from what its expressions return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from monitoring.expressions import DASHBOARDS, VARIABLES
from monitoring.pictures.boards import Board, Panel, Target, read_board
from monitoring.pictures.picture import picture
from monitoring.pictures.plot import pieces, rounded_up
from monitoring.pictures.series import Series, Span, parsed
from monitoring.pictures.svg import without_flat

from tests.unit.monitoring.pictures.builders import a_panel

SPAN = Span(1000, 1040, 10)
RISING = Series({"route": "/hello", "__name__": "requests"}, [(1000 + 10 * n, n) for n in range(5)])


@dataclass(frozen=True, slots=True)
class Answers:
    """Stands in for a Prometheus; an expression without an answer has no data."""

    series: Mapping[str, Sequence[Series]]

    def query(self, expr: str, _span: Span) -> Sequence[Series]:
        return self.series.get(expr, [])


def texts_of(*panels: Panel, **answers: Sequence[Series]) -> Sequence[str]:
    """Return the words of a picture with these panels, which is well-formed XML."""
    drawn = picture(Board("Board", panels), Answers(answers), SPAN, VARIABLES)
    return [element.text or "" for element in ET.fromstring(drawn).iter() if element.tag.endswith("}text")]  # noqa: S314  # our own


def test_lines_have_a_title_an_axis_with_units_and_a_legend() -> None:
    texts = texts_of(a_panel(), requests=[RISING])
    assert {"Board", "Requests", "/hello", "0 req/s", "4 req/s", "00:16:40", "00:17:20"} <= set(texts)


def test_a_panel_without_data_says_so() -> None:
    assert "No data" in texts_of(a_panel())


def test_a_number_is_the_last_value_with_its_unit() -> None:
    assert "4 req/s" in texts_of(a_panel("stat"), requests=[RISING])


def test_a_name_is_shown_instead_of_its_value() -> None:
    assert "/hello" in texts_of(a_panel("stat", text_mode="name"), requests=[RISING])


def test_states_are_bands_of_two_colours() -> None:
    flapping = Series({"route": "cache"}, [(1000, 1), (1010, 1), (1020, 0), (1030, 0), (1040, 1)])
    board = Board("Board", [a_panel("state-timeline", unit="none")])
    drawn = picture(board, Answers({"requests": [flapping]}), SPAN, VARIABLES)
    assert drawn.count('fill="#3f9142"') == 2
    assert drawn.count('fill="#e02f44"') == 1


def test_variables_of_grafana_are_replaced_before_the_question() -> None:
    panel = a_panel(targets=[Target("rate(a[$__rate_interval])", "a")])
    assert "No data" not in texts_of(panel, **{"rate(a[1m])": [RISING]})


def test_names_are_escaped() -> None:
    assert "<b>&" in texts_of(a_panel(), requests=[Series({"route": "<b>&"}, RISING.points)])


def test_what_does_not_fit_into_the_legend_is_counted() -> None:
    many = [Series({"route": f"/a/rather/long/route/{n}"}, RISING.points) for n in range(20)]
    assert any(text.startswith("+ ") for text in texts_of(a_panel(), requests=many))


@pytest.mark.parametrize("path", sorted(DASHBOARDS.glob("*.json")), ids=lambda path: path.stem)
def test_every_dashboard_can_be_drawn_without_data(path: Path) -> None:
    assert picture(read_board(path), Answers({}), SPAN, VARIABLES).endswith("</svg>\n")


@pytest.mark.parametrize(
    ("value", "unit", "top"),
    [
        (0.9, "s", 1),
        (1, "s", 1),
        (4.2, "ops", 6),
        (37, "none", 40),
        (0.012, "s", 0.02),
        (5 * 2**20, "bytes", 6 * 2**20),
        (700, "bytes", 800),
    ],
)
def test_the_upper_edge_is_a_round_value(value: float, unit: str, top: float) -> None:
    assert rounded_up(value, unit) == pytest.approx(top)


def test_points_between_others_of_the_same_height_are_left_out() -> None:
    points = [(0, 5), (1, 5), (2, 5), (3, 7), (4, 7)]
    assert list(without_flat(points)) == [(0, 5), (2, 5), (3, 7), (4, 7)]


def test_a_gap_in_the_data_is_a_gap_in_the_line() -> None:
    assert list(pieces([(0, 1), (10, 2), (40, 3)], 10)) == [[(0, 1), (10, 2)], [(40, 3)]]


def test_values_that_are_not_finite_are_left_out() -> None:
    found = {"metric": {"slo": "latency"}, "values": [[1, "NaN"], [2, "0.5"], [3, "+Inf"]]}
    assert parsed(found) == Series({"slo": "latency"}, [(2, 0.5)])
