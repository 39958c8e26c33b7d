"""What a picture needs is read from the committed JSON."""

from monitoring.expressions import DASHBOARDS
from monitoring.pictures.boards import Target, read_board

from tests.unit.monitoring.pictures.builders import a_panel


def test_a_legend_shows_labels() -> None:
    target = Target("requests", "{{method}} {{ route }} p99")
    assert target.name({"method": "GET", "route": "/hello/{username}"}) == "GET /hello/{username} p99"


def test_a_legend_without_a_form_lists_the_labels() -> None:
    assert Target("up", "__auto").name({"__name__": "up", "job": "hello-api"}) == "hello-api"


def test_a_value_has_the_colour_of_its_threshold() -> None:
    panel = a_panel()
    assert [panel.color(value) for value in (-1, 0, 1, 4.9, 5)] == [
        "green",
        "green",
        "yellow",
        "yellow",
        "red",
    ]


def test_a_committed_dashboard_is_read() -> None:
    board = read_board(DASHBOARDS / "overview.json")
    requests = next(panel for panel in board.panels if panel.title == "Requests" and panel.kind != "row")
    assert board.title == "Hello: Overview"
    assert (requests.kind, requests.unit, requests.is_stacked) == ("timeseries", "reqps", True)
    assert requests.targets[0].legend == "{{status}}"
    assert board.height >= requests.box.y + requests.box.h
