"""What a consumer needs of each broker: receive the next events, and acknowledge the handled ones."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

import structlog

from hello.connectors.brokers.cloud_events import UnreadableError
from hello.entities.errors import UnavailableError
from hello.entities.events import Event

Parts = TypeVar("Parts")
log = structlog.get_logger("hello.brokers")


@dataclass(frozen=True, slots=True)
class Delivery:
    """`receipt` identifies the delivery at the broker; `event` is None when it is unreadable."""

    receipt: Any
    event: Event | None


class Source(Protocol):
    """All methods raise `UnavailableError`; a new source then delivers again what was not acknowledged."""

    async def receive(self) -> Sequence[Delivery]:
        """Return the next deliveries, in order, or nothing after `RECEIVE_TIMEOUT_S`."""
        ...

    async def confirm(self, receipts: Sequence[Any]) -> None: ...


OpenSource: TypeAlias = Callable[[], AbstractAsyncContextManager[Source]]


class AdvisoryLock(Protocol):
    """Redis needs it: of all processes that consume under one name, one consumes at a time."""

    def check(self) -> None:
        """Raise `UnavailableError` when the lock has been lost."""
        ...


AcquireLock: TypeAlias = Callable[[str], AbstractAsyncContextManager[AdvisoryLock]]
"""Waits until no other process holds the lock of that name; raises `UnavailableError`."""


def delivery(receipt: object, read: Callable[[Parts, bytes], Event], parts: Parts, data: bytes) -> Delivery:
    """Log an unreadable message and skip it: another delivery would not be readable either."""
    try:
        return Delivery(receipt, read(parts, data))
    except UnreadableError as error:
        log.error("skipped an unreadable event", receipt=str(receipt), reason=str(error))  # noqa: TRY400
        return Delivery(receipt, None)


@contextmanager
def unavailable(name: str, *faults: type[Exception]) -> Iterator[None]:
    try:
        yield
    except faults as error:
        raise UnavailableError(f"{name} cannot be reached", reason=str(error)) from error
