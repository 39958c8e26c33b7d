"""The report of `make mutation`: what counts as noticed, and when it fails."""

import pytest

from tests.mutation.report import Mutant, report

MODULE = "src/hello/services/orders.py"
STATUSES = ["killed", "killed", "timeout", "survived", "no tests", "skipped", "not checked"]
MUTANTS = [Mutant(MODULE, f"mutant {status}", status, f"-{status}") for status in STATUSES]


@pytest.mark.parametrize(("lowest", "passes"), [(59, True), (60, True), (61, False)])
def test_score_below_the_limit_fails(lowest: float, *, passes: bool) -> None:
    text, found = report(MUTANTS, {"src/hello/services/": lowest, "src/hello/entities/": 100})
    assert found == passes
    assert ("is below" in text) == (not passes)


def test_report_omits_untried_mutants_and_shows_survivors() -> None:
    text, _ = report(MUTANTS, {})
    (row,) = [line for line in text.splitlines() if line.startswith(MODULE)]
    assert row.split()[1:] == ["5", "2", "2", "1", "60.0%"]
    assert "2 more mutants were not tried" in text
    assert [status for status in STATUSES if f"-{status}\n" in text] == ["survived", "no tests"]
