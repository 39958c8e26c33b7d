"""Count hits in the process with a sliding window counter, in a few microseconds and without waiting.

The windows are aligned to the clock, so that all processes mean the same ones. The library `limits` counts
alike, but only asynchronously and in ten times the time.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import TypeAlias

from limits import RateLimitItem

from hello.services.security import LimitStatus

MAX_KEYS = 100_000
CountKey: TypeAlias = tuple[str, str]
"""A group, and whose hits are counted in it."""


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `amount` hits in `window_s` seconds."""

    amount: int
    window_s: int

    @classmethod
    def of(cls, item: RateLimitItem) -> "Quota":
        return cls(item.amount, item.get_expiry())


@dataclass(frozen=True, slots=True)
class WindowHits:
    """All hits of a key that one source has counted in a window; 0 asks only for the total.

    A later number of the same source replaces an earlier one, so it can be sent twice.
    """

    key: CountKey
    source: int
    window_s: int
    window: int
    hits: int


@dataclass(slots=True)
class WindowCount:
    """The known hits of one key in the window with the number `window`, and in the one before.

    `own` are those of this process, `others` those that it has learnt. Each count is a source of its own.
    """

    source: int
    window_s: int
    window: int
    own: int = 0
    own_previous: int = 0
    others: int = 0
    others_previous: int = 0
    is_settled: bool = True

    def move_to(self, window: int) -> None:
        """Make `window` the current one, and forget what is older than the one before it."""
        is_next = window == self.window + 1
        self.own_previous = self.own if is_next else 0
        self.others_previous = self.others if is_next else 0
        self.window, self.own, self.others = window, 0, 0

    def hits(self, key: CountKey) -> Iterator[WindowHits]:
        """Return those of the two windows, or none when there are none any more."""
        if self.own or self.own_previous:
            yield WindowHits(key, self.source, self.window_s, self.window - 1, self.own_previous)
            yield WindowHits(key, self.source, self.window_s, self.window, self.own)

    def learn(self, hits: WindowHits, total: int) -> None:
        """Take over the hits of others, unless Redis has lost what is known here."""
        if hits.source != self.source:
            return
        if hits.window == self.window:
            self.others = max(self.others, total - hits.hits)
        elif hits.window == self.window - 1:
            self.others_previous = max(self.others_previous, total - hits.hits)


@dataclass(slots=True, kw_only=True)
class WindowCounts:
    """`clock` returns Unix time in seconds. At `max_keys` the key that was used longest ago is forgotten.

    The use counts by windows: within one, no order is kept.
    """

    clock: Callable[[], float]
    max_keys: int = MAX_KEYS
    has_unsettled: asyncio.Event = field(default_factory=asyncio.Event)
    _sources: Iterator[int] = field(default_factory=itertools.count)
    _counts: dict[CountKey, WindowCount] = field(default_factory=dict)
    _unsettled: dict[CountKey, WindowCount] = field(default_factory=dict)

    def hit(self, quota: Quota, key: CountKey) -> LimitStatus:
        """Count one hit, unless the known hits have used the quota up."""
        windows = self.clock() / quota.window_s
        window = int(windows)
        overlap = window + 1 - windows
        count = self._counts.get(key)
        if count is None or count.window != window:
            count = self._open(key, quota.window_s, window)
        previous = count.own_previous + count.others_previous
        used = count.own + count.others + int(previous * overlap)
        is_exceeded = used >= quota.amount
        if not is_exceeded:
            used += 1
            count.own += 1
            if count.is_settled:
                self._unsettle(key, count)
        return LimitStatus(
            quota=quota.amount,
            window_s=quota.window_s,
            remaining=max(0, quota.amount - used),
            reset_s=reset_s(quota.window_s, overlap, previous),
            is_exceeded=is_exceeded,
        )

    def take(self) -> list[WindowHits]:
        """Return the hits of the keys that have unsettled ones, in two windows each.

        Each is given to `unsettle` or `learn` later.
        """
        now = self.clock()
        for key, count in self._unsettled.items():
            count.is_settled = True
            if count.window != (window := int(now / count.window_s)):
                self._open(key, count.window_s, window)
        taken = [hits for key, count in self._unsettled.items() for hits in count.hits(key)]
        self._unsettled.clear()
        self.has_unsettled.clear()
        return taken

    def unsettle(self, hits: WindowHits) -> None:
        """Settle the hits later, since Redis may not count them."""
        if count := self._counts.get(hits.key):
            self._unsettle(hits.key, count)

    def learn(self, hits: WindowHits, total: int) -> None:
        """Use the total of all processes, these hits included."""
        if count := self._counts.get(hits.key):
            count.learn(hits, total)

    def _open(self, key: CountKey, window_s: int, window: int) -> WindowCount:
        """Start the window of a key, which becomes the last one to be forgotten."""
        if count := self._counts.pop(key, None):
            count.move_to(window)
        else:
            self._make_room()
            count = WindowCount(next(self._sources), window_s, window)
        self._counts[key] = count
        return count

    def _make_room(self) -> None:
        if len(self._counts) >= self.max_keys:
            oldest = next(iter(self._counts))
            del self._counts[oldest]
            self._unsettled.pop(oldest, None)

    def _unsettle(self, key: CountKey, count: WindowCount) -> None:
        count.is_settled = False
        self._unsettled[key] = count
        self.has_unsettled.set()


def reset_s(window_s: int, overlap: float, previous: int) -> int:
    """Return in how many whole seconds fewer hits count."""
    left_s = overlap * window_s
    return ceil(left_s % (window_s / previous) if previous else left_s) or window_s
