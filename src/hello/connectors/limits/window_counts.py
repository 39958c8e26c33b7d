"""Count hits in the process with a sliding window counter, in a few microseconds and without waiting.

The windows are aligned to the clock, so that all processes mean the same ones. The library `limits` counts
alike, but only asynchronously and in ten times the time.
"""

import asyncio
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
    """Hits of a key in one window which Redis does not count yet; 0 asks only for the total."""

    key: CountKey
    window_s: int
    window: int
    hits: int


@dataclass(slots=True)
class WindowCount:
    """The known hits of one key in the window with the number `window`, and in the one before.

    They include the unsettled ones: hits that this process has counted and Redis has not.
    """

    window_s: int
    window: int
    current: int = 0
    previous: int = 0
    unsettled: int = 0
    unsettled_previous: int = 0

    def move_to(self, window: int) -> None:
        """Make `window` the current one, and forget what is older than the one before it."""
        is_next = window == self.window + 1
        self.previous = self.current if is_next else 0
        self.unsettled_previous = self.unsettled if is_next else 0
        self.window, self.current, self.unsettled = window, 0, 0

    def take(self, key: CountKey) -> Iterator[WindowHits]:
        if self.unsettled or self.unsettled_previous:
            yield WindowHits(key, self.window_s, self.window - 1, self.unsettled_previous)
            yield WindowHits(key, self.window_s, self.window, self.unsettled)
        self.unsettled = self.unsettled_previous = 0

    def restore(self, hits: WindowHits) -> None:
        if hits.window == self.window:
            self.unsettled += hits.hits
        elif hits.window == self.window - 1:
            self.unsettled_previous += hits.hits

    def learn(self, window: int, total: int) -> None:
        """Take over what all processes have settled, unless Redis has lost what is known here."""
        if window == self.window:
            self.current = max(self.current, total + self.unsettled)
        elif window == self.window - 1:
            self.previous = max(self.previous, total + self.unsettled_previous)


@dataclass(slots=True, kw_only=True)
class WindowCounts:
    """`clock` returns Unix time in seconds. At `max_keys` the key that was used longest ago is forgotten.

    The use counts by windows: within one, no order is kept.
    """

    clock: Callable[[], float]
    max_keys: int = MAX_KEYS
    has_unsettled: asyncio.Event = field(default_factory=asyncio.Event)
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
        used = count.current + int(count.previous * overlap)
        is_exceeded = used >= quota.amount
        if not is_exceeded:
            used += 1
            self._add(key, count)
        return LimitStatus(
            quota=quota.amount,
            window_s=quota.window_s,
            remaining=max(0, quota.amount - used),
            reset_s=reset_s(quota.window_s, overlap, count.previous),
            is_exceeded=is_exceeded,
        )

    def take(self) -> list[WindowHits]:
        """Return the unsettled hits in windows that still count, two windows for each key.

        Each is given to `restore` or `learn` later.
        """
        now = self.clock()
        for key, count in self._unsettled.items():
            if count.window != (window := int(now / count.window_s)):
                self._open(key, count.window_s, window)
        taken = [hits for key, count in self._unsettled.items() for hits in count.take(key)]
        self._unsettled.clear()
        self.has_unsettled.clear()
        return taken

    def restore(self, hits: WindowHits) -> None:
        """Keep the hits for later, since Redis did not count them."""
        if hits.hits and (count := self._counts.get(hits.key)):
            count.restore(hits)
            self._remember(hits.key, count)

    def learn(self, hits: WindowHits, total: int) -> None:
        """Use the total of all processes, these hits included."""
        if count := self._counts.get(hits.key):
            count.learn(hits.window, total)

    def _open(self, key: CountKey, window_s: int, window: int) -> WindowCount:
        """Start the window of a key, which becomes the last one to be forgotten."""
        if count := self._counts.pop(key, None):
            count.move_to(window)
        else:
            self._make_room()
            count = WindowCount(window_s, window)
        self._counts[key] = count
        return count

    def _make_room(self) -> None:
        if len(self._counts) >= self.max_keys:
            oldest = next(iter(self._counts))
            del self._counts[oldest]
            self._unsettled.pop(oldest, None)

    def _add(self, key: CountKey, count: WindowCount) -> None:
        count.current += 1
        count.unsettled += 1
        if count.unsettled == 1:
            self._remember(key, count)

    def _remember(self, key: CountKey, count: WindowCount) -> None:
        self._unsettled[key] = count
        self.has_unsettled.set()


def reset_s(window_s: int, overlap: float, previous: int) -> int:
    """Return in how many whole seconds fewer hits count."""
    left_s = overlap * window_s
    return ceil(left_s % (window_s / previous) if previous else left_s) or window_s
