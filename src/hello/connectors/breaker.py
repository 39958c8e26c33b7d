"""A circuit breaker: after consecutive failures it rejects calls for a while, then allows one test call."""

from collections.abc import Callable
from dataclasses import dataclass

from hello.entities.errors import UnavailableError


@dataclass(slots=True, kw_only=True)
class Breaker:
    """Open for `pause_s` after `failures` consecutive failures (Nygard, Release It!); `timer` in seconds."""

    name: str
    timer: Callable[[], float]
    failures: int = 3
    pause_s: float = 1
    _consecutive_failures: int = 0
    _next_call_at: float = 0

    @property
    def is_open(self) -> bool:
        return self._consecutive_failures >= self.failures

    @property
    def has_failed(self) -> bool:
        """Say whether the last call has failed."""
        return self._consecutive_failures > 0

    def check(self) -> None:
        """Raise `UnavailableError` while open; let one call through after each pause."""
        if self.is_open:
            if self.timer() < self._next_call_at:
                raise UnavailableError(f"{self.name} has failed several times in a row")
            self._next_call_at = self.timer() + self.pause_s

    def succeeded(self) -> None:
        self._consecutive_failures = 0

    def failed(self) -> None:
        self._consecutive_failures += 1
        self._next_call_at = self.timer() + self.pause_s
