"""The metric gate of a release: whether what runs now keeps the service level objectives."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hello.core.slo import OBJECTIVES
from hello.entities.errors import UnavailableError

JOBS = "hello-api", "hello-worker"
NEEDED = "availability", "latency"
"""Objectives that need traffic for a verdict; the others have none where no one writes."""
MIN_BAD = 10
"""Fewer bad events are chance: one error in a hundred requests would already be a burn rate of 10."""


class Verdict(StrEnum):
    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EventCounts:
    total: float
    bad: float


class ReleaseMetrics(Protocol):
    """What a monitoring system knows of the service. Each method raises `UnavailableError`."""

    async def events(self, objective: str, window_s: float) -> EventCounts:
        """Return how many events the objective counted in the last seconds."""
        ...

    async def pages(self) -> Collection[str]:
        """Return the names of the alerts that page someone now."""
        ...

    async def ready(self) -> Mapping[str, Sequence[bool]]:
        """Return for each process of a job whether it is ready."""
        ...

    async def releases(self) -> Mapping[str, Collection[str]]:
        """Return the versions and commits that the processes of a job run, each as `version commit`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRelease:
    """`release` is a version or a commit that all processes must run in the end; empty takes any.

    `max_burn_rate` is how fast the error budget may be spent: at 6, the budget of 30 days lasts 5 days.
    """

    for_s: float
    every_s: float
    release: str = ""
    max_burn_rate: float = 6
    min_events: int = 100
    allow_idle: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    criterion: str
    verdict: Verdict
    observed: str
    limit: str


@dataclass(frozen=True, slots=True)
class Report:
    findings: Sequence[Finding]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """Bad wins over unknown."""
        verdicts = {finding.verdict for finding in self.findings}
        return next((one for one in (Verdict.BAD, Verdict.UNKNOWN) if one in verdicts), Verdict.GOOD)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCheckService:
    metrics: ReleaseMetrics
    timer: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]

    async def check(self, request: CheckRelease, progress: Callable[[float], object]) -> Report:
        """Watch until the time is over, or until an objective is surely missed.

        `progress` gets the seconds of each step. An outage of the monitoring system counts only if it lasts
        to the end: then raise `UnavailableError`, as at the beginning.
        """
        known = await self.metrics.pages()
        start, elapsed = self.timer(), 0.0
        while elapsed < request.for_s:
            await self.sleep(min(request.every_s, request.for_s - elapsed))
            before, elapsed = elapsed, self.timer() - start
            progress(elapsed - before)
            early = await self._early(request, elapsed, known)
            if early is not None and early.verdict is Verdict.BAD:
                return early
        states = [*await self._ready(), *await self._released(request.release)]
        return Report([*await self._kept(request, elapsed, known), *states], elapsed)

    async def _early(self, request: CheckRelease, elapsed: float, known: Collection[str]) -> Report | None:
        try:
            return Report(await self._kept(request, elapsed, known), elapsed)
        except UnavailableError:
            return None

    async def _kept(self, request: CheckRelease, elapsed: float, known: Collection[str]) -> Sequence[Finding]:
        findings = [
            objective_finding(objective, await self.metrics.events(objective, elapsed), request)
            for objective in OBJECTIVES
        ]
        new = sorted(set(await self.metrics.pages()) - set(known))
        return [*findings, Finding("new pages", bad_if(bool(new)), listed(new), "none")]

    async def _ready(self) -> Sequence[Finding]:
        """One process of each job is enough: an orchestrator may replace others at any time."""
        ready = await self.metrics.ready()
        return [ready_finding(job, ready.get(job, ())) for job in JOBS]

    async def _released(self, release: str) -> Sequence[Finding]:
        if not release:
            return []
        releases = await self.metrics.releases()
        return [release_finding(job, releases.get(job, ()), release) for job in JOBS]


def objective_finding(objective: str, events: EventCounts, request: CheckRelease) -> Finding:
    budget = 1 - OBJECTIVES[objective].ratio
    allowed = min(request.max_burn_rate * budget, 1)
    limit = f"{allowed:.1%} bad"
    if events.total < request.min_events and events.bad < MIN_BAD:
        needed = objective in NEEDED and not request.allow_idle
        verdict = Verdict.UNKNOWN if needed else Verdict.GOOD
        return Finding(objective, verdict, f"only {events.total:.0f} events", limit)
    ratio = min(events.bad / events.total, 1) if events.total else 1.0
    observed = f"{ratio:.2%} of {events.total:.0f} bad"
    return Finding(objective, bad_if(ratio > allowed and events.bad >= MIN_BAD), observed, limit)


def ready_finding(job: str, states: Sequence[bool]) -> Finding:
    observed = f"{sum(states)} of {len(states)}"
    return Finding(f"{job} ready", bad_if(not any(states)), observed, "at least 1")


def release_finding(job: str, running: Collection[str], release: str) -> Finding:
    """Judge a process that does not run the release as bad: the rollout is not complete."""
    others = [one for one in running if release not in one.split()]
    observed = listed(sorted(running))
    return Finding(f"{job} release", bad_if(bool(others) or not running), observed, f"only {release}")


def bad_if(condition: bool) -> Verdict:  # noqa: FBT001  # reads as a sentence
    return Verdict.BAD if condition else Verdict.GOOD


def listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
