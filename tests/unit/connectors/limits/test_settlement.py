"""Settling limits: what processes admit together, and what happens without Redis."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from structlog.testing import capture_logs

from hello.connectors.breaker import Breaker
from hello.connectors.limits.guard import RedisGuard
from hello.connectors.limits.metrics import limit_metrics
from hello.connectors.limits.settlement import BATCH, SETTLE_AFTER_S, Settlement, settling
from hello.connectors.limits.window_counts import Quota, WindowCounts
from tests.twins.limits import Seconds, Timers, TwinTotals

QUOTA = Quota(10, 60)
PAUSE_S = 1
TICK_S = 0.001


@dataclass
class Process:
    """One of several that share the totals and the time."""

    totals: TwinTotals
    seconds: Seconds
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    timers: Timers = field(default_factory=Timers)
    settlement: Settlement = field(init=False)

    def __post_init__(self) -> None:
        self.settlement = Settlement(
            counts=WindowCounts(clock=self.seconds),
            totals=self.totals.of(id(self)),
            guard=RedisGuard(
                timeout_s=1,
                breaker=Breaker(name="Redis", timer=self.seconds, pause_s=PAUSE_S),
                metrics=limit_metrics(self.registry, []),
            ),
            sleep=self.timers,
        )

    def admits(self, times: int = 1, key: str = "john") -> int:
        """Return how many of the hits are admitted."""
        hits = [self.settlement.counts.hit(QUOTA, ("items", key)) for _ in range(times)]
        return sum(not status.is_exceeded for status in hits)

    async def settle(self) -> None:
        await self.settlement.settle()

    @property
    def errors(self) -> float | None:
        return self.registry.get_sample_value("rate_limit_errors_total")

    @property
    def is_breaker_open(self) -> bool:
        return self.registry.get_sample_value("rate_limit_breaker_open") == 1


@pytest.fixture
def totals() -> TwinTotals:
    return TwinTotals()


@pytest.fixture
def one(totals: TwinTotals) -> Process:
    return Process(totals, Seconds())


@pytest.fixture
def two(totals: TwinTotals, one: Process) -> Process:
    return Process(totals, one.seconds)


async def settle(*processes: Process) -> None:
    for process in processes:
        await process.settle()


async def test_settled_hits_count_in_other_processes(one: Process, two: Process) -> None:
    assert one.admits(6) == 6
    await settle(one)
    assert two.admits(1) == 1
    await settle(two)
    assert two.admits(10) == 3
    await settle(two, one)
    assert one.admits(10) == 4  # it knows of the others' hits once it has something to settle
    await settle(one)
    assert one.admits() == two.admits() == 0


async def test_each_process_alone_admits_the_quota_at_most(one: Process, two: Process) -> None:
    assert (one.admits(20), two.admits(20)) == (10, 10)
    await settle(one, two)
    assert (one.admits(20), two.admits(20)) == (0, 0)


async def test_hits_of_other_processes_weigh_on_the_next_window(one: Process, two: Process) -> None:
    one.admits(10)
    await settle(one)
    one.seconds.now += 90
    assert two.admits(1) == 1
    await settle(two)
    assert two.admits(20) == 4


@dataclass
class Schedule:
    """Processes that settle as they should: an interval after the first unsettled hit."""

    processes: list[Process]
    due: dict[int, float] = field(default_factory=dict)
    settlements: list[int] = field(default_factory=list)

    async def play(self, hits: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return which process admitted each hit, and in which of its settlements."""
        self.settlements, admitted = [0] * len(self.processes), []
        for pause, number in hits:
            await self._wait(pause * TICK_S)
            if self.processes[number].admits():
                admitted.append((number, self.settlements[number]))
                self.due.setdefault(number, self.now + SETTLE_AFTER_S + TICK_S / 2)
        return admitted

    @property
    def now(self) -> float:
        return self.processes[0].seconds.now

    async def _wait(self, seconds: float) -> None:
        end = self.now + seconds
        for at, number in sorted((at, number) for number, at in self.due.items() if at < end):
            self.processes[0].seconds.now = at
            await self.processes[number].settle()
            self.settlements[number] += 1
            del self.due[number]
        self.processes[0].seconds.now = end


@given(st.lists(st.tuples(st.integers(1, 70), st.integers(0, 2)), max_size=150))
async def test_after_the_quota_each_process_admits_in_two_intervals_at_most(
    hits: list[tuple[int, int]],
) -> None:
    totals, seconds = TwinTotals(), Seconds()
    admitted = await Schedule([Process(totals, seconds) for _ in range(3)]).play(hits)
    beyond = set(admitted[QUOTA.amount :])
    for number in range(3):
        assert sum(process == number for process, _ in beyond) <= 2
        assert sum(process == number for process, _ in admitted) <= QUOTA.amount


@given(st.lists(st.integers(1, 70), max_size=50))
async def test_one_process_admits_exactly_the_quota(pauses: list[int]) -> None:
    schedule = Schedule([Process(TwinTotals(), Seconds())])
    admitted = await schedule.play((pause, 0) for pause in pauses)
    assert len(admitted) == min(len(pauses), QUOTA.amount)


async def test_hits_are_settled_after_an_outage(one: Process, two: Process, totals: TwinTotals) -> None:
    totals.error = RedisConnectionError()
    one.admits(3)
    await settle(one)
    one.admits(3)
    await settle(one)
    assert one.errors == 2
    totals.error = None
    await settle(one)
    two.admits(1)
    await settle(two)
    assert two.admits(10) == 3


async def test_each_process_counts_alone_during_an_outage(one: Process, totals: TwinTotals) -> None:
    totals.error = OSError()
    for _ in range(9):
        assert one.admits() == 1
        await settle(one)
    assert one.admits(5) == 1
    assert one.admits(5) == 0


async def test_breaker_spares_calls_and_both_switches_are_logged(one: Process, totals: TwinTotals) -> None:
    totals.error = RedisConnectionError()
    one.admits()
    with capture_logs() as logs:
        for _ in range(5):
            await settle(one)
        assert (one.errors, one.is_breaker_open) == (3, True)
        totals.error = None
        await settle(one)
        assert one.is_breaker_open
        one.seconds.now += PAUSE_S
        await settle(one)
    assert not one.is_breaker_open
    assert [entry["event"] for entry in logs] == [
        "limits are not shared, each process counts alone",
        "limits are shared again",
    ]


async def test_hits_whose_answers_got_lost_are_counted_once(one: Process, totals: TwinTotals) -> None:
    one.admits(2)
    totals.error, totals.is_answer_lost = TimeoutError(), True
    await settle(one)
    one.admits(1)
    await settle(one)
    totals.error = None
    await settle(one)
    assert totals.total == 3
    assert one.admits(10) == 7


async def test_totals_that_redis_lost_are_sent_again(one: Process, two: Process, totals: TwinTotals) -> None:
    one.admits(4)
    await settle(one)
    totals.sources.clear()
    one.admits(1)
    two.admits(1)
    await settle(one, two)
    assert two.admits(10) == 4


async def test_windows_that_redis_refuses_are_settled_later(one: Process, totals: TwinTotals) -> None:
    one.admits(4)
    one.seconds.now += 60
    one.admits(2)
    window = int(one.seconds.now / 60)
    totals.refused = {window: ResponseError("OOM")}
    await settle(one)
    assert one.errors == 1
    totals.refused = {}
    await settle(one)
    sums = {key: sum(sources.values()) for key, sources in totals.sources.items()}
    assert sums == {(("items", "john"), window - 1): 4, (("items", "john"), window): 2}


async def test_many_keys_are_settled_in_batches(one: Process, totals: TwinTotals) -> None:
    for number in range(BATCH + 1):
        one.admits(1, str(number))
    await settle(one)
    assert [len(batch) for batch in totals.batches] == [BATCH, BATCH, 2]
    assert totals.total == BATCH + 1


async def test_first_failed_batch_ends_the_settlement(one: Process, totals: TwinTotals) -> None:
    for number in range(BATCH + 1):
        one.admits(1, str(number))
    totals.error = OSError()
    await settle(one)
    assert one.errors == 1
    totals.error = None
    await settle(one)
    assert totals.total == BATCH + 1


async def test_timer_runs_only_while_there_are_unsettled_hits(one: Process, totals: TwinTotals) -> None:
    async with settling(one.settlement):
        for round_ in (1, 2):
            await asyncio.sleep(0)
            assert len(one.timers.slept) == round_ - 1
            one.admits(2)
            while len(totals.batches) < round_:
                await asyncio.sleep(0)
    assert one.timers.slept == [SETTLE_AFTER_S] * 2


async def test_unexpected_error_does_not_end_settling(one: Process, totals: TwinTotals) -> None:
    totals.error = ValueError("unexpected")
    with capture_logs() as logs:
        async with settling(one.settlement):
            one.admits()
            while not logs:
                await asyncio.sleep(0)
            totals.error = None
            while not totals.batches:
                await asyncio.sleep(0)
    assert {entry["event"] for entry in logs} == {"limits could not be settled"}


async def test_last_hits_are_settled_at_the_end(one: Process, totals: TwinTotals) -> None:
    async with settling(one.settlement):
        one.admits(3)
    assert totals.total == 3
