"""Log the start and the end of an outage once each, by default of a broker."""

from dataclasses import dataclass

import structlog

from hello.entities.errors import UnavailableError

log = structlog.get_logger("hello.brokers")


class BrokerFullError(UnavailableError):
    """The broker answers, but has no room for an event."""


@dataclass(slots=True)
class Outage:
    """Whether the component `name` is without something; `start` and `end` are what is logged."""

    name: str
    start: str = "broker unavailable"
    end: str = "broker available again"
    _is_ongoing: bool = False

    def failed(self, error: Exception) -> None:
        """Log the start of an outage; `FullBrokerPublisher` logs a full broker."""
        if isinstance(error, BrokerFullError):
            return
        if not self._is_ongoing:
            log.warning(self.start, name=self.name, error=explain(error))
        self._is_ongoing = True

    def worked(self) -> None:
        if self._is_ongoing:
            log.warning(self.end, name=self.name)
        self._is_ongoing = False


def explain(error: Exception) -> str:
    return error.explanation if isinstance(error, UnavailableError) else str(error)
