"""Requests are counted in the second of their end, and seconds in the step in which they lie."""

from tests.rehearsal.seconds import Recorder, Second, percentile
from tests.rehearsal.steps import Mark, named, steps_of
from tests.unit.rehearsal.builders import a_second


def test_second_counts_requests_failures_and_repeats() -> None:
    recorder = Recorder()
    recorder.end("greet", 2)
    recorder.end("greet", 4, "500")
    recorder.repeat("save", "cut")
    second = recorder.take(7)
    assert (second.at, second.requests, second.failed) == (7, {"greet": 2}, {"greet: 500": 1})
    assert (second.repeated, second.p50_ms, second.max_ms) == ({"save: cut": 1}, 2, 4)


def test_next_second_begins_with_nothing() -> None:
    recorder = Recorder()
    recorder.end("greet", 2, "500")
    recorder.take(7)
    assert recorder.take(8) == Second(at=8, requests={}, failed={}, repeated={}, p50_ms=0, p99_ms=0, max_ms=0)


def test_second_survives_its_line_of_json() -> None:
    second = a_second(7, failed=1, repeated=2)
    assert Second.of(second.row()) == second


def test_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 201)]
    assert [percentile(values, percent) for percent in (50, 99, 100)] == [100, 198, 200]
    assert percentile([3.0], 99) == 3


def test_step_has_the_seconds_from_its_mark_to_the_next() -> None:
    marks = [Mark(10, "one"), Mark(12, "two")]
    steps = steps_of(marks, [a_second(at, requests=at) for at in range(10, 14)])
    assert [(step.mark.name, step.requests) for step in steps] == [("one", 21), ("two", 25)]


def test_seconds_before_the_first_mark_are_a_step() -> None:
    steps = steps_of([Mark(10, "one")], [a_second(9), a_second(10)])
    assert [step.mark.name for step in steps] == ["before", "one"]


def test_failure_is_a_fault_unless_it_is_allowed() -> None:
    seconds = [a_second(10, failed=3), a_second(11, failed=2)]
    strict, lenient = steps_of([Mark(10, "one"), Mark(11, "two", may_fail=True)], seconds)
    assert strict.faults() == ["one: 3 greet: 500 failed"]
    assert not lenient.faults()


def test_repeat_is_a_fault_unless_it_is_allowed() -> None:
    seconds = [a_second(10, repeated=3), a_second(11, repeated=2)]
    strict, lenient = steps_of([Mark(10, "one"), Mark(11, "two", may_repeat=True)], seconds)
    assert strict.faults() == ["one: 3 save: cut was repeated"]
    assert not lenient.faults()


def test_permission_to_repeat_is_none_to_fail() -> None:
    [step] = steps_of([Mark(10, "one", may_repeat=True)], [a_second(10, failed=1)])
    assert step.faults() == ["one: 1 greet: 500 failed"]


def test_most_frequent_comes_first() -> None:
    assert named({"a": 1, "b": 3}) == ["3 b", "1 a"]
