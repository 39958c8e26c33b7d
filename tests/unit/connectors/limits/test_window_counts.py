"""Hits in sliding windows: what is admitted, what remains, until when, and how many keys are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello.connectors.limits.window_counts import Quota, WindowCounts, WindowHits
from hello.services.security import LimitStatus
from tests.twins.limits import Seconds

START = 1_000_000_020
"""A window of a minute begins then."""
WINDOW = START // 60
QUOTA, JOHN = Quota(10, 60), ("items", "john")


@pytest.fixture
def seconds() -> Seconds:
    return Seconds(START)


@pytest.fixture
def counts(seconds: Seconds) -> WindowCounts:
    return WindowCounts(clock=seconds, max_keys=3)


def hit(counts: WindowCounts, times: int = 1, key: str = "john") -> LimitStatus:
    for _ in range(times - 1):
        counts.hit(QUOTA, ("items", key))
    return counts.hit(QUOTA, ("items", key))


def admitted(counts: WindowCounts, times: int = 20) -> int:
    return sum(not counts.hit(QUOTA, JOHN).is_exceeded for _ in range(times))


def test_quota_is_admitted_in_a_window_and_no_more(counts: WindowCounts) -> None:
    statuses = [hit(counts) for _ in range(12)]
    assert [status.remaining for status in statuses] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert [status.is_exceeded for status in statuses] == [False] * 10 + [True] * 2
    assert {(status.quota, status.window_s, status.reset_s) for status in statuses} == {(10, 60, 60)}


@pytest.mark.parametrize(
    ("later_s", "again"),
    [
        (59.9, 0),
        (60, 0),
        (60.1, 1),
        (66, 1),
        (66.1, 2),
        (90, 5),
        (119.9, 10),
        (120, 10),
        (600, 10),
        (-60, 10),
    ],
)
def test_previous_window_counts_by_its_overlap(
    counts: WindowCounts, seconds: Seconds, later_s: float, again: int
) -> None:
    assert admitted(counts) == 10
    seconds.now += later_s
    assert admitted(counts) == again


@pytest.mark.parametrize(
    ("previous", "at_s", "reset_s"),
    [
        (0, 0, 60),
        (0, 0.5, 60),
        (0, 59.5, 1),
        (10, 60, 60),
        (10, 60.5, 6),
        (10, 65.5, 1),
        (1, 80, 40),
        (1, 119.5, 1),
    ],
)
def test_reset_is_when_fewer_hits_count(
    counts: WindowCounts, seconds: Seconds, previous: int, at_s: float, reset_s: int
) -> None:
    if previous:
        hit(counts, previous)
    seconds.now = START + at_s
    assert hit(counts).reset_s == reset_s


@given(st.lists(st.tuples(st.floats(0, 150), st.integers(1, 25)), max_size=10))
def test_weighted_count_never_exceeds_the_quota(steps: list[tuple[float, int]]) -> None:
    """Count again what was admitted, in the way that the strategy is defined."""
    seconds, admissions = Seconds(START), list[float]()
    counts = WindowCounts(clock=seconds)
    for pause_s, times in steps:
        seconds.now += pause_s
        for _ in range(times):
            if not counts.hit(QUOTA, JOHN).is_exceeded:
                admissions.append(seconds.now)
        window = seconds.now // 60
        previous, current = (sum(at // 60 == number for at in admissions) for number in (window - 1, window))
        weighted = current + int(previous * (window + 1 - seconds.now / 60))
        assert weighted == QUOTA.amount or (times < QUOTA.amount and weighted < QUOTA.amount)


def test_oldest_key_is_forgotten_at_the_bound(counts: WindowCounts, seconds: Seconds) -> None:
    hit(counts, 2, "john")
    hit(counts, 2, "mary")
    seconds.now += 60
    hit(counts, 1, "john")
    hit(counts, 1, "jane")
    hit(counts, 1, "anna")
    assert {hits.key[1] for hits in counts.take()} == {"john", "jane", "anna"}
    assert hit(counts, 1, "jane").remaining == 8
    assert hit(counts, 1, "mary").remaining == 9


def test_only_unsettled_hits_are_taken(counts: WindowCounts) -> None:
    assert (counts.take(), counts.has_unsettled.is_set()) == ([], False)
    hit(counts, 12)
    assert counts.has_unsettled.is_set()
    assert counts.take() == [
        WindowHits(JOHN, 0, 60, WINDOW - 1, 0),
        WindowHits(JOHN, 0, 60, WINDOW, 10),
    ]
    assert (counts.take(), counts.has_unsettled.is_set()) == ([], False)


def test_hits_of_the_previous_window_are_still_taken(counts: WindowCounts, seconds: Seconds) -> None:
    hit(counts, 2)
    seconds.now += 60
    hit(counts, 3)
    assert [hits.hits for hits in counts.take()] == [2, 3]


@pytest.mark.parametrize(("later_s", "taken"), [(59, [0, 2]), (60, [2, 0]), (119, [2, 0]), (120, [])])
def test_hits_of_windows_that_no_longer_count_are_dropped(
    counts: WindowCounts, seconds: Seconds, later_s: float, taken: list[int]
) -> None:
    hit(counts, 2)
    seconds.now += later_s
    assert [hits.hits for hits in counts.take()] == taken


def test_hits_are_taken_again_with_later_ones(counts: WindowCounts, seconds: Seconds) -> None:
    hit(counts, 2)
    taken = counts.take()
    seconds.now += 60
    hit(counts, 3)
    for hits in taken:
        counts.unsettle(hits)
    assert counts.has_unsettled.is_set()
    assert [hits.hits for hits in counts.take()] == [2, 3]
    hit(counts, 1)
    assert [hits.hits for hits in counts.take()] == [2, 4]


def test_hits_of_a_forgotten_key_are_not_kept(counts: WindowCounts) -> None:
    hit(counts)
    taken = counts.take()
    for key in ("mary", "jane", "anna"):
        hit(counts, key=key)
    for hits in taken:
        counts.unsettle(hits)
        counts.learn(hits, 1)
    assert {hits.key[1] for hits in counts.take()} == {"mary", "jane", "anna"}


def test_key_that_was_forgotten_is_another_source(counts: WindowCounts) -> None:
    """Its hits are new, and not those that were sent before."""
    hit(counts, 5)
    before = counts.take()[1]
    for key in ("mary", "jane", "anna"):
        hit(counts, key=key)
    hit(counts, 1)
    after = counts.take()[-1]
    assert (before.key, before.window) == (after.key, after.window)
    assert before.source != after.source
    counts.learn(before, 5)
    assert hit(counts).remaining == 8
    counts.learn(after, 6)
    assert hit(counts).remaining == 10 - 5 - 3


def test_totals_include_hits_counted_meanwhile(counts: WindowCounts) -> None:
    hit(counts, 2)
    previous, current = counts.take()
    hit(counts, 1)
    counts.learn(previous, 0)
    counts.learn(current, 6)
    assert hit(counts).remaining == 10 - 6 - 1 - 1


def test_total_of_the_previous_window_is_learnt(counts: WindowCounts, seconds: Seconds) -> None:
    hit(counts, 2)
    seconds.now += 60
    hit(counts, 1)
    previous, current = counts.take()
    counts.learn(previous, 8)
    counts.learn(current, 1)
    assert hit(counts).is_exceeded is False
    assert hit(counts).is_exceeded is True


def test_answer_that_is_late_counts_for_its_window(counts: WindowCounts, seconds: Seconds) -> None:
    hit(counts, 1)
    _, current = counts.take()
    seconds.now += 60
    hit(counts, 1)
    counts.learn(current, 9)
    assert hit(counts).is_exceeded is True


def test_totals_that_redis_lost_do_not_admit_more(counts: WindowCounts) -> None:
    hit(counts, 2)
    _, current = counts.take()
    counts.learn(current, 9)
    counts.learn(current, 2)
    assert hit(counts).remaining == 0
