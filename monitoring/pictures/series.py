"""Time series as Prometheus answers them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

import httpx

TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Series:
    """Points are pairs of a time and a finite value."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Span:
    """A range of time, in seconds since 1970, and the distance of its points."""

    start: float
    end: float
    step: float

    def share(self, at: float) -> float:
        """Return 0 at the start and 1 at the end."""
        return (at - self.start) / (self.end - self.start)


class Source(Protocol):
    """Answers expressions over a span of time, and leaves out series without a finite value."""

    def query(self, expr: str, span: Span) -> Sequence[Series]: ...


@dataclass(frozen=True, slots=True)
class Prometheus:
    url: str

    def query(self, expr: str, span: Span) -> Sequence[Series]:
        """Raise `ValueError` with Prometheus' own words."""
        params = {"query": expr, "start": str(span.start), "end": str(span.end), "step": str(span.step)}
        answer = httpx.get(f"{self.url}/api/v1/query_range", params=params, timeout=TIMEOUT_S).json()
        if answer["status"] != "success":
            raise ValueError(f"{expr}: {answer['error']}")
        return [series for found in answer["data"]["result"] if (series := parsed(found)).points]


def parsed(found: Mapping[str, Any]) -> Series:
    points = ((float(at), float(value)) for at, value in found["values"])
    return Series(found["metric"], [point for point in points if isfinite(point[1])])
