"""What each second of a load was like: requests, failures and latencies."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Self

from tests.rehearsal.files import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """`failed` and `repeated` count by action and reason. A request belongs to the second of its end."""

    at: int
    requests: Mapping[str, int]
    failed: Mapping[str, int]
    repeated: Mapping[str, int]
    p50_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(**row)

    def row(self) -> Row:
        return asdict(self)

    @property
    def total(self) -> int:
        return sum(self.requests.values())

    @property
    def total_failed(self) -> int:
        return sum(self.failed.values())

    @property
    def total_repeated(self) -> int:
        return sum(self.repeated.values())


@dataclass(slots=True)
class Recorder:
    """Latencies count from the time at which a request was due: one that had to wait took longer."""

    requests: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)

    def end(self, action: str, latency_ms: float, failure: str = "") -> None:
        self.requests[action] += 1
        self.latencies_ms.append(latency_ms)
        if failure:
            self.failed[f"{action}: {failure}"] += 1

    def repeat(self, action: str, reason: str) -> None:
        self.repeated[f"{action}: {reason}"] += 1

    def take(self, at: int) -> Second:
        """Return what has happened since the last call."""
        ordered = sorted(self.latencies_ms)
        second = Second(
            at=at,
            requests=dict(self.requests),
            failed=dict(self.failed),
            repeated=dict(self.repeated),
            p50_ms=percentile(ordered, 50),
            p99_ms=percentile(ordered, 99),
            max_ms=percentile(ordered, 100),
        )
        for counted in (self.requests, self.failed, self.repeated, self.latencies_ms):
            counted.clear()
        return second


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the smallest value that is not less than so many percent of all; 0 of nothing."""
    if not ordered:
        return 0.0
    return round(ordered[max(0, -(-len(ordered) * percent // 100) - 1)], 2)
