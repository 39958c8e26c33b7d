"""The committed dashboards are those of the code."""

from pathlib import Path

from monitoring.dashboards.__main__ import out_of_step, write
from monitoring.expressions import DASHBOARDS


def test_committed_dashboards_are_in_step() -> None:
    assert out_of_step(DASHBOARDS) == []


def test_changed_missing_and_foreign_dashboards_are_out_of_step(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "api.json").write_text("{}")
    (tmp_path / "search.json").unlink()
    (tmp_path / "foreign.json").write_text("{}")
    assert out_of_step(tmp_path) == ["api.json", "foreign.json", "search.json"]
