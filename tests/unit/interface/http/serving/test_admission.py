"""Requests that may wait for the application: few in any case, then as many as it has answered of late."""

import asyncio

from starlette.types import Receive, Scope, Send

from hello.interface.http.serving.admission import BURST, FEW, OVER, Admission, Place

PERIOD_S = 0.25


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def an_admission(clock: Clock, max_requests: int = 1000) -> Admission:
    return Admission(max_requests=max_requests, max_wait_s=PERIOD_S, timer=clock)


def offer(admission: Admission, requests: int) -> int:
    """Return how many were taken."""
    taken = 0
    for _ in range(requests):
        if not admission.refuses():
            admission.waiting += 1
            taken += 1
    return taken


def answer(admission: Admission, requests: int) -> None:
    for _ in range(requests):
        admission.leave()


def answer_steadily(admission: Admission, clock: Clock, per_period: int) -> None:
    for _ in range(per_period):
        clock.now += PERIOD_S / per_period
        offer(admission, 1)
        admission.leave()


def test_burst_on_an_idle_process_is_taken_and_no_more() -> None:
    assert offer(an_admission(Clock()), 1000) == BURST


def test_second_burst_is_refused_until_the_first_is_answered() -> None:
    clock = Clock()
    admission = an_admission(clock)
    offer(admission, 1000)
    answer(admission, BURST - FEW)
    assert offer(admission, 1000) == BURST - 2 * FEW
    assert admission.waiting == BURST - FEW
    clock.now += 2 * PERIOD_S
    answer(admission, admission.waiting - OVER + 1)
    assert offer(admission, 1000) == BURST - OVER + 1


def test_as_many_may_wait_as_were_answered_of_late() -> None:
    clock = Clock()
    admission = an_admission(clock)
    answer_steadily(admission, clock, 500)
    assert 490 <= offer(admission, 1000) <= 500


def test_answers_of_long_ago_do_not_count() -> None:
    clock = Clock()
    admission = an_admission(clock)
    answer_steadily(admission, clock, 500)
    clock.now += 2 * PERIOD_S
    assert offer(admission, 1000) == BURST


def test_admission_never_exceeds_its_setting() -> None:
    clock = Clock()
    admission = an_admission(clock, max_requests=100)
    answer_steadily(admission, clock, 500)
    assert offer(admission, 1000) == 100


async def test_request_whose_client_is_late_is_not_counted() -> None:
    admission, proceed = an_admission(Clock()), asyncio.Event()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await proceed.wait()

    place = Place(admission, app)
    place.take()
    task = asyncio.create_task(place({}, never, unsent))
    place.give_back()
    assert admission.waiting == 0
    place.take()
    assert admission.waiting == 1
    proceed.set()
    await task
    place.take()
    place.give_back()
    assert admission.waiting == 0


async def never() -> dict[str, object]:
    return {}


async def unsent(message: object) -> None:
    raise AssertionError(message)
