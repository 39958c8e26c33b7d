"""In-memory twins for limits: the totals of all processes, and a clock that only a test moves."""

import asyncio
from collections import defaultdict
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

    sources: dict[tuple[CountKey, int], dict[tuple[int, int], int]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    error: Exception | None = None
    is_answer_lost: bool = False
    refused: dict[int, Exception] = field(default_factory=dict)
    batches: list[Sequence[WindowHits]] = field(default_factory=list)

    def of(self, process: int) -> "TwinTotalsOfProcess":
        return TwinTotalsOfProcess(self, process)

    @property
    def total(self) -> int:
        """Return the hits of all keys and windows."""
        return sum(sum(sources.values()) for sources in self.sources.values())


@dataclass
class TwinTotalsOfProcess:
    """What one process can do with the totals that all share."""

    shared: TwinTotals
    process: int

    async def update(self, batch: Sequence[WindowHits]) -> Sequence[int | Exception]:
        if self.shared.error and not self.shared.is_answer_lost:
            raise self.shared.error
        self.shared.batches.append(batch)
        replies = [self._updated(hits) for hits in batch]
        if self.shared.error:
            raise self.shared.error
        return replies

    def _updated(self, hits: WindowHits) -> int | Exception:
        if error := self.shared.refused.get(hits.window):
            return error
        sources, source = self.shared.sources[hits.key, hits.window], (self.process, hits.source)
        sources[source] = max(sources.get(source, 0), hits.hits)
        return sum(sources.values())
