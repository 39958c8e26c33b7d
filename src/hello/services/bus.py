"""Telling within the process what has happened: those who do it do not know who listens."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

import structlog

log = structlog.get_logger("hello.bus")


class DomainEvent:
    """What has been committed: each kind is a frozen dataclass beside the use case that publishes it."""

    __slots__ = ()
    name: ClassVar[str]


Happened = TypeVar("Happened", bound=DomainEvent)
Publish: TypeAlias = Callable[[DomainEvent], Awaitable[None]]
Listeners: TypeAlias = dict[type[DomainEvent], list[Callable[[Any], Awaitable[None]]]]


class DomainEventMetrics(Protocol):
    async def heard(self, event: DomainEvent) -> None: ...

    def failed(self, event: DomainEvent) -> None: ...


@dataclass(frozen=True, slots=True)
class Bus:
    """Calls those who listen to exactly this kind of event, one after the other, as they were wired."""

    metrics: DomainEventMetrics
    _listeners: Listeners = field(default_factory=lambda: defaultdict(list))

    def on(self, kind: type[Happened], listener: Callable[[Happened], Awaitable[None]]) -> None:
        self._listeners[kind].append(listener)

    async def publish(self, event: DomainEvent) -> None:
        """Return when all listeners have run; an error of a listener is logged, not raised."""
        for listener in self._listeners.get(type(event), ()):
            try:
                await listener(event)
            except Exception:
                self.metrics.failed(event)
                log.exception("a listener failed", happened=event.name)
