"""A circuit breaker: after failures in a row nothing is tried for a while, then one call finds out."""

from collections.abc import Callable
from dataclasses import dataclass

from hello.entities.errors import UnavailableError


@dataclass(slots=True, kw_only=True)
class Breaker:
    """`timer` in seconds; open for `pause_s` after `failures` in a row (Nygard, Release It!)."""

    timer: Callable[[], float]
    failures: int = 3
    pause_s: float = 1
    _failed: int = 0
    _closed_at: float = 0

    @property
    def is_open(self) -> bool:
        return self._failed >= self.failures

    def check(self) -> None:
        """Raise `UnavailableError` while open; let one call through after each pause."""
        if self.is_open:
            if self.timer() < self._closed_at:
                raise UnavailableError("Redis has failed several times in a row")
            self._closed_at = self.timer() + self.pause_s

    def succeeded(self) -> None:
        self._failed = 0

    def failed(self) -> None:
        self._failed += 1
        self._closed_at = self.timer() + self.pause_s
