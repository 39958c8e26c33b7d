"""An outage is told once, and its end."""

from dataclasses import dataclass

import structlog

from hello.entities.errors import UnavailableError

log = structlog.get_logger("hello.brokers")


class BrokerFullError(UnavailableError):
    """The broker answers, but has no room for an event."""


@dataclass(slots=True)
class Outage:
    """`who` cannot do its work for want of a broker."""

    who: str
    _lasts: bool = False

    def failed(self, error: Exception) -> None:
        """Leave a full broker to `FullBrokerPublisher`, which tells of it."""
        if isinstance(error, BrokerFullError):
            return
        if not self._lasts:
            log.warning("broker is away", who=self.who, error=explain(error))
        self._lasts = True

    def worked(self) -> None:
        if self._lasts:
            log.warning("broker is back", who=self.who)
        self._lasts = False


def explain(error: Exception) -> str:
    return error.explanation if isinstance(error, UnavailableError) else str(error)
