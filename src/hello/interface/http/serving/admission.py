"""Which requests the application takes on: no more may wait than it has answered of late; others get 503."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

FEW, BURST = 48, 128
"""Requests that may wait in any case, and how many more while there is no overload."""
OVER = FEW // 2
"""An overload is over when fewer wait."""


@dataclass(slots=True, kw_only=True)
class Admission:
    """`waiting` is how many requests have arrived whole and have no answer yet.

    As many as were answered within `max_wait_s` are answered within about that time again (Little's law).
    After a pause there are few such answers: then a burst is taken on, and no other before it is worked off.
    """

    max_requests: int = 1000
    max_wait_s: float = 0.25
    timer: Callable[[], float] = monotonic
    waiting: int = 0
    _answered: int = 0
    _answered_before: int = 0
    _period_ends_at: float = 0
    _is_overloaded: bool = False

    def refuses(self) -> bool:
        if self.waiting < OVER:
            self._is_overloaded = False
        if self.waiting < FEW:
            return False
        self._begin_period(self.timer())
        few = FEW if self._is_overloaded else BURST
        limit = min(self.max_requests, max(few, self._answered, self._answered_before))
        is_full = self.waiting >= limit
        self._is_overloaded |= is_full
        return is_full

    def _begin_period(self, now: float) -> None:
        if now >= self._period_ends_at:
            is_next = now < self._period_ends_at + self.max_wait_s
            self._answered_before, self._answered = self._answered if is_next else 0, 0
            self._period_ends_at = now + self.max_wait_s

    def leave(self) -> None:
        """Count an answer."""
        self.waiting -= 1
        self._begin_period(self.timer())
        self._answered += 1


@dataclass(slots=True)
class Place:
    """One request's place among those that wait, while it is `taken`."""

    admission: Admission
    app: ASGIApp
    is_taken: bool = field(default=False, init=False)
    has_ended: bool = field(default=False, init=False)

    def take(self) -> None:
        if not (self.is_taken or self.has_ended):
            self.is_taken = True
            self.admission.waiting += 1

    def give_back(self) -> None:
        """Do not count it while its client keeps it waiting."""
        if self.is_taken:
            self.is_taken = False
            self.admission.waiting -= 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            self.has_ended = True
            if self.is_taken:
                self.is_taken = False
                self.admission.leave()
