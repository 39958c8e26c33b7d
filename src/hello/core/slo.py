"""The service level objectives, which `/metrics` shows and the alerts use (docs/slo.md)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Objective:
    """`ratio` of good events in 30 days; one that is about time is good within `threshold_s`."""

    ratio: float
    threshold_s: float | None = None


OBJECTIVES: Mapping[str, Objective] = {
    "availability": Objective(0.999),
    "latency": Objective(0.99, 0.05),
    "freshness": Objective(0.999),
    "event_lag": Objective(0.99, 5),
}
