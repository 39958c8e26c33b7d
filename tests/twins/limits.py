"""In-memory twins for limits: the totals of all processes, and a clock that only a test moves."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hello.connectors.limits.window_counts import CountKey, WindowHits


@dataclass
class Seconds:
    """Unix time in seconds."""

    now: float = 1_000_000_020.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Timers:
    """Instead of sleeping: remembers the seconds, and lets other tasks run."""

    slept: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


@dataclass
class TwinTotals:
    """Each call raises `error`, after its effect if `is_answer_lost`; `refused` has errors of windows."""

    totals: Counter[tuple[CountKey, int]] = field(default_factory=Counter)
    error: Exception | None = None
    is_answer_lost: bool = False
    refused: dict[int, Exception] = field(default_factory=dict)
    batches: list[Sequence[WindowHits]] = field(default_factory=list)

    async def add(self, batch: Sequence[WindowHits]) -> Sequence[int | Exception]:
        if self.error and not self.is_answer_lost:
            raise self.error
        self.batches.append(batch)
        replies = [self._added(hits) for hits in batch]
        if self.error:
            raise self.error
        return replies

    def _added(self, hits: WindowHits) -> int | Exception:
        if error := self.refused.get(hits.window):
            return error
        self.totals[hits.key, hits.window] += hits.hits
        return self.totals[hits.key, hits.window]

    async def check(self) -> None:
        if self.error:
            raise self.error
