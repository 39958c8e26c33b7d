"""The result of a rehearsal is bad for each thing that went wrong, and only then."""

from collections.abc import Sequence
from dataclasses import replace

from tests.chaos.consistency import KEPT
from tests.rehearsal.check import StoredFacts, verdict
from tests.rehearsal.report import Result, show
from tests.rehearsal.seconds import Second
from tests.rehearsal.steps import Mark, steps_of
from tests.unit.rehearsal.builders import JUNE, a_second, known, stored

KNOWN = known(one="john")
STORED = stored({"one": KEPT})
MARKS = [Mark(10, "good"), Mark(11, "kill", may_repeat=True), Mark(12, "bad", may_fail=True, must_fail=True)]
GOOD = [a_second(10), a_second(11, repeated=2), a_second(12, failed=3)]


def a_result(seconds: Sequence[Second] = GOOD, found: StoredFacts = STORED, rate: float = 500) -> Result:
    return Result(
        rate=rate,
        wanted=500,
        steps=steps_of(MARKS, seconds),
        known=KNOWN,
        verdict=verdict(KNOWN, found),
    )


def test_good_rehearsal_ends_with_0() -> None:
    assert show(a_result()) == 0


def test_failure_that_is_not_allowed_ends_with_1() -> None:
    result = a_result([a_second(10, failed=1), *GOOD[1:]])
    assert result.faults() == ["good: 1 greet: 500 failed"]
    assert show(result) == 1


def test_lost_write_ends_with_1() -> None:
    result = a_result(found=stored({"one": KEPT}, born=JUNE))
    assert result.faults() == ["lost writes: 1, such as john"]
    assert show(result) == 1


def test_step_that_failed_ends_with_1() -> None:
    result = replace(a_result(), stopped_by="the gate said 0")
    assert result.faults() == ["the gate said 0"]
    assert show(result) == 1


def test_bad_release_must_be_seen() -> None:
    result = a_result([*GOOD[:2], a_second(12)])
    assert result.faults() == ["bad: no request failed"]


def test_summary_counts_failures_where_none_may_be() -> None:
    summary = a_result([a_second(10, failed=1), *GOOD[1:]]).summary()
    assert "30 requests at 500/s · 1 failed where none may · 2 repeated" in summary
    assert "0 of 1 writes lost · 0 of 1 orders moved wrongly" in summary


def test_summary_says_that_the_machine_carried_less() -> None:
    assert "at 250/s instead of 500" in a_result(rate=250).summary()
    assert "instead" not in a_result().summary()
