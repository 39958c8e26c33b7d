"""A circuit breaker: it opens after consecutive failures, and lets one call through after each pause."""

import pytest

from hello.connectors.breaker import Breaker
from hello.entities.errors import UnavailableError


class Timer:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def breaker(timer: Timer) -> Breaker:
    return Breaker(name="the engine", timer=timer, failures=3, pause_s=2)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.failed()


def is_rejecting(breaker: Breaker) -> bool:
    try:
        breaker.check()
    except UnavailableError:
        return True
    return False


def test_calls_go_through_until_enough_have_failed(breaker: Breaker) -> None:
    assert not breaker.has_failed
    fail(breaker, 2)
    assert (breaker.has_failed, breaker.is_open, is_rejecting(breaker)) == (True, False, False)
    fail(breaker, 1)
    assert breaker.is_open
    with pytest.raises(UnavailableError, match="the engine has failed several times in a row"):
        breaker.check()


def test_only_consecutive_failures_count(breaker: Breaker) -> None:
    fail(breaker, 2)
    breaker.succeeded()
    assert not breaker.has_failed
    fail(breaker, 2)
    assert not is_rejecting(breaker)


def test_one_call_goes_through_after_each_pause(breaker: Breaker, timer: Timer) -> None:
    fail(breaker, 3)
    timer.now_s += 1.9
    assert is_rejecting(breaker)
    timer.now_s += 0.1
    assert [is_rejecting(breaker), is_rejecting(breaker)] == [False, True]
    timer.now_s += 2
    assert [is_rejecting(breaker), is_rejecting(breaker)] == [False, True]


def test_failed_test_call_starts_another_pause(breaker: Breaker, timer: Timer) -> None:
    fail(breaker, 3)
    timer.now_s += 2
    breaker.check()
    timer.now_s += 1.5
    fail(breaker, 1)
    timer.now_s += 1.9
    assert is_rejecting(breaker)
    timer.now_s += 0.1
    assert not is_rejecting(breaker)


def test_success_closes_it(breaker: Breaker, timer: Timer) -> None:
    fail(breaker, 5)
    timer.now_s += 2
    breaker.check()
    breaker.succeeded()
    assert [is_rejecting(breaker), is_rejecting(breaker), breaker.is_open] == [False, False, False]
