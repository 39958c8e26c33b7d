"""The verdict on a release, from what a monitoring system has recorded."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from hello.entities.errors import UnavailableError
from hello.services.release_check import (
    CheckRelease,
    EventCounts,
    ReleaseCheckService,
    Report,
    Verdict,
    objective_finding,
)
from tests.twins.release_metrics import TwinReleaseMetrics

BUSY = {"availability": (100.0, 0.0), "latency": (50.0, 0.0)}
REQUEST = CheckRelease(for_s=60, every_s=7)


@dataclass
class Watch:
    """A clock that moves when someone sleeps; `then` happens at each look."""

    metrics: TwinReleaseMetrics = field(default_factory=lambda: TwinReleaseMetrics(dict(BUSY)))
    now: float = 0
    steps: list[float] = field(default_factory=list)
    then: Callable[[float], None] = lambda _: None

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.then(self.now)

    async def check(self, request: CheckRelease = REQUEST) -> Report:
        service = ReleaseCheckService(metrics=self.metrics, timer=lambda: self.now, sleep=self.sleep)
        return await service.check(request, self.steps.append)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def bad(report: Report) -> list[str]:
    return [finding.criterion for finding in report.findings if finding.verdict is Verdict.BAD]


async def test_release_that_keeps_the_objectives_is_good_after_the_whole_time(watch: Watch) -> None:
    report = await watch.check()
    assert (report.verdict, report.seconds) == (Verdict.GOOD, 60)
    assert sum(watch.steps) == 60


@pytest.mark.parametrize("objective", ["availability", "latency", "freshness", "event_lag"])
async def test_missed_objective_is_bad_at_once(watch: Watch, objective: str) -> None:
    watch.metrics.events_per_s[objective] = (100, 50)
    report = await watch.check()
    assert bad(report) == [objective]
    assert report.seconds == REQUEST.every_s


async def test_budget_may_be_spent_at_the_given_rate(watch: Watch) -> None:
    watch.metrics.events_per_s["availability"] = (1000, 5)
    assert (await watch.check()).verdict is Verdict.GOOD
    assert (await watch.check(replace(REQUEST, max_burn_rate=4))).verdict is Verdict.BAD


async def test_new_page_is_bad_and_one_from_before_is_not(watch: Watch) -> None:
    watch.metrics.paging = {"Unready"}
    assert (await watch.check()).verdict is Verdict.GOOD
    watch.then = lambda _: watch.metrics.paging.add("TargetDown")
    report = await watch.check()
    assert bad(report) == ["new pages"]
    assert report.findings[-1].observed == "TargetDown"


@pytest.mark.parametrize(("request_", "verdict"), [
    (REQUEST, Verdict.UNKNOWN), (replace(REQUEST, allow_idle=True), Verdict.GOOD),
])  # fmt: skip
async def test_too_little_traffic_gives_no_verdict(
    watch: Watch, request_: CheckRelease, verdict: Verdict
) -> None:
    watch.metrics.events_per_s = {"availability": (1, 0), "latency": (100, 0)}
    assert (await watch.check(request_)).verdict is verdict


async def test_job_without_a_ready_process_is_bad(watch: Watch) -> None:
    watch.metrics.processes = {"hello-api": [False, False]}
    assert bad(await watch.check()) == ["hello-api ready", "hello-worker ready"]
    watch.metrics.processes = {"hello-api": [False, True], "hello-worker": [True]}
    assert (await watch.check()).verdict is Verdict.GOOD


@pytest.mark.parametrize("release", ["1.2", "abc"])
async def test_process_of_another_release_is_bad(watch: Watch, release: str) -> None:
    request = replace(REQUEST, release=release)
    watch.metrics.running = {"hello-api": {"1.2 abc"}, "hello-worker": {"1.2 abc"}}
    assert (await watch.check(request)).verdict is Verdict.GOOD
    watch.metrics.running = {"hello-api": {"1.2 abc", "1.1 xyz"}}
    assert bad(await watch.check(request)) == ["hello-api release", "hello-worker release"]


async def test_outage_of_the_monitoring_counts_only_at_the_end(watch: Watch) -> None:
    def recover(now: float) -> None:
        watch.metrics.is_up = now > 30

    watch.then = recover
    assert (await watch.check()).verdict is Verdict.GOOD

    def fail(now: float) -> None:
        watch.metrics.is_up = now < 90

    watch.then = fail
    with pytest.raises(UnavailableError):
        await watch.check()


@pytest.mark.parametrize(
    ("total", "events_bad", "verdict"),
    [
        (0, 0, Verdict.UNKNOWN),
        (99, 0, Verdict.UNKNOWN),
        (99, 10, Verdict.BAD),
        (100, 9, Verdict.GOOD),
        (100, 10, Verdict.BAD),
        (0, 10, Verdict.BAD),
        (5000, 30, Verdict.GOOD),
        (5000, 31, Verdict.BAD),
    ],
)
def test_few_bad_events_are_chance(total: float, events_bad: float, verdict: Verdict) -> None:
    assert objective_finding("availability", EventCounts(total, events_bad), REQUEST).verdict is verdict
