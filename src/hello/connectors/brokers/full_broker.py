"""A full broker is a state with a beginning and an end in the log, a metric, and growing pauses."""

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
    """Refuses events by itself during a pause; afterwards the broker is asked again.

    It is the probe `publishing` of readiness as well. `elapsed` is a clock in seconds.
    """

    publisher: EventPublisher
    tell: Callable[[bool], None]
    elapsed: Callable[[], float] = monotonic
    name: str = "publishing"
    required: bool = False
    _reason: str | None = None
    _is_full: bool = False
    _pause_s: float = FIRST_PAUSE_S
    _ends_at: float = 0

    async def publish(self, event: Event) -> None:
        if self._pauses():
            raise BrokerFullError("the broker is full", reason=self._reason)
        try:
            await self.publisher.publish(event)
        except BrokerFullError as error:
            self._refused(error)
            raise
        if self._is_full and not self._pauses():
            self._has_room()

    async def check(self) -> None:
        """Raise `BrokerFullError`, unless nothing was published since: another relay may have done it."""
        if self._is_full and self.elapsed() < self._ends_at + MAX_PAUSE_S:
            raise BrokerFullError("the broker is full", reason=f"the broker is full: {self._reason}")

    def _pauses(self) -> bool:
        return self._is_full and self.elapsed() < self._ends_at

    def _refused(self, error: BrokerFullError) -> None:
        """Begin a pause, once for all events that were refused together."""
        if self._pauses():
            return
        self._pause_s = min(2 * self._pause_s, MAX_PAUSE_S) if self._is_full else FIRST_PAUSE_S
        self._ends_at = self.elapsed() + self._pause_s
        if not self._is_full:
            log.warning("broker is full, events wait in the outbox", reason=error.explanation)
        self._is_full, self._reason = True, error.reason
        self.tell(True)  # noqa: FBT003  # the value of a gauge

    def _has_room(self) -> None:
        log.warning("broker has room again")
        self._is_full = False
        self.tell(False)  # noqa: FBT003
