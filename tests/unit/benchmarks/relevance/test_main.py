"""`python -m benchmarks.relevance`."""

import pytest
from benchmarks.relevance.__main__ import main


def test_list_prints_every_group(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--list"])
    printed = capsys.readouterr().out
    assert "bicycle" in printed
    assert "ruled out" in printed
