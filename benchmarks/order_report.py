"""The figures of orders as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Self

from benchmarks.markdown import table

NOTHING = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`is_met` is None where nothing was aimed at; `remark` is for below the table."""

    what: str
    per_s: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    target: str = ""
    is_met: bool | None = None
    remark: str = ""

    @property
    def cells(self) -> Sequence[str]:
        per_s = NOTHING if self.per_s is None else f"{self.per_s:,.0f}"
        times = [NOTHING if ms is None else f"{ms:,.2f}" for ms in (self.p50_ms, self.p99_ms, self.max_ms)]
        return self.what, self.verdict, per_s, *times

    @property
    def verdict(self) -> str:
        return NOTHING if self.is_met is None else f"{self.target}: {'met' if self.is_met else 'missed'}"


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds."""

    p50: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Self:
        p99 = quantiles(seconds, n=100)[98]
        return cls(1000 * median(seconds), 1000 * p99, 1000 * max(seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    setting: str
    turns: int
    disturbed: int
    rows: Sequence[Row]

    def markdown(self) -> str:
        head = ("what", "target", "a second", "p50 ms", "p99 ms", "max ms")
        busy = (
            f"Before {self.disturbed} of {self.turns} measurements the machine was busy with something else."
        )
        remarks = "\n".join(f"- {row.what}: {row.remark}" for row in self.rows if row.remark)
        parts = [self.setting, busy, table(head, [row.cells for row in self.rows], numbers=4), remarks]
        return "\n\n".join(part for part in parts if part) + "\n"
