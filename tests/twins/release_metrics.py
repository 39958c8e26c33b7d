"""A monitoring system of which a test says what it has recorded."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hello.entities.errors import UnavailableError
from hello.services.release_check import EventCounts

READY = {"hello-api": [True, True], "hello-worker": [True]}


@dataclass
class TwinReleaseMetrics:
    """`events_per_s` are events and bad events of each second, by objective."""

    events_per_s: dict[str, tuple[float, float]] = field(default_factory=dict)
    paging: set[str] = field(default_factory=set)
    processes: Mapping[str, Sequence[bool]] = field(default_factory=lambda: READY)
    running: Mapping[str, Collection[str]] = field(default_factory=dict)
    is_up: bool = True

    async def events(self, objective: str, window_s: float) -> EventCounts:
        self._answer()
        total, bad = self.events_per_s.get(objective, (0, 0))
        return EventCounts(total * window_s, bad * window_s)

    async def pages(self) -> Collection[str]:
        self._answer()
        return set(self.paging)

    async def ready(self) -> Mapping[str, Sequence[bool]]:
        self._answer()
        return self.processes

    async def releases(self) -> Mapping[str, Collection[str]]:
        self._answer()
        return self.running

    def _answer(self) -> None:
        if not self.is_up:
            raise UnavailableError("Prometheus cannot be asked")
