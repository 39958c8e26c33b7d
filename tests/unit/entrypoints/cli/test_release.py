"""Durations on the command line, and what the metric gate prints."""

import json

import pytest
import typer

from hello.entrypoints.cli.release import duration, show
from hello.services.release_check import Finding, Report, Verdict

REPORT = Report([Finding("latency", Verdict.BAD, "7.00% of 500 bad", "6.0% bad")], 30.2)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600), (300, 300)])
def test_duration_has_a_unit(text: str | int, seconds: int) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "0s", "-5m", "1.5h", "5 m", "5d"])
def test_other_text_is_no_duration(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="90s, 5m or 1h"):
        duration(text)


def test_table_names_criterion_and_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    show(REPORT, as_json=False)
    printed = capsys.readouterr().out
    for words in ("latency", "7.00% of 500 bad", "6.0% bad", "After 30 s the release is bad."):
        assert words in printed


def test_json_has_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    show(REPORT, as_json=True)
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "bad"
    assert report["findings"][0]["criterion"] == "latency"
