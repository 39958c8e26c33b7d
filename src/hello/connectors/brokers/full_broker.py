"""Handling of a full broker: log lines at its start and end, a metric, and growing pauses."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import structlog

from hello.connectors.brokers.outages import BrokerFullError
from hello.entities.events import Event
from hello.services.event_ports import EventPublisher

FIRST_PAUSE_S, MAX_PAUSE_S = 1.0, 30.0
log = structlog.get_logger("hello.brokers")


@dataclass(slots=True, kw_only=True)
class FullBrokerPublisher:
    """Refuses events without asking the broker during a pause, and asks again afterwards.

    It is also the readiness probe `publishing`. `elapsed` is a clock in seconds.
    """

    publisher: EventPublisher
    report_full: Callable[[bool], None]
    elapsed: Callable[[], float] = monotonic
    name: str = "publishing"
    required: bool = False
    _reason: str | None = None
    _is_full: bool = False
    _pause_s: float = FIRST_PAUSE_S
    _ends_at: float = 0

    async def publish(self, event: Event) -> None:
        if self._is_paused():
            raise BrokerFullError("the broker is full", reason=self._reason)
        try:
            await self.publisher.publish(event)
        except BrokerFullError as error:
            self._start_pause(error)
            raise
        if self._is_full and not self._is_paused():
            self._mark_available()

    async def check(self) -> None:
        """Raise `BrokerFullError` while the broker is full.

        Stop raising `MAX_PAUSE_S` after the last pause: another relay may have published the events since.
        """
        if self._is_full and self.elapsed() < self._ends_at + MAX_PAUSE_S:
            raise BrokerFullError("the broker is full", reason=f"the broker is full: {self._reason}")

    def _is_paused(self) -> bool:
        return self._is_full and self.elapsed() < self._ends_at

    def _start_pause(self, error: BrokerFullError) -> None:
        """Start one pause for all events that were refused together."""
        if self._is_paused():
            return
        self._pause_s = min(2 * self._pause_s, MAX_PAUSE_S) if self._is_full else FIRST_PAUSE_S
        self._ends_at = self.elapsed() + self._pause_s
        if not self._is_full:
            log.warning("broker is full, events wait in the outbox", reason=error.explanation)
        self._is_full, self._reason = True, error.reason
        self.report_full(True)  # noqa: FBT003  # the value of a gauge

    def _mark_available(self) -> None:
        log.warning("broker has room again")
        self._is_full = False
        self.report_full(False)  # noqa: FBT003
