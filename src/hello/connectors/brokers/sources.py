"""What a consumer asks of each broker: what comes next, and to be told what has been handled."""

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
    """`receipt` is what the broker knows it by; there is no event when it cannot be read."""

    receipt: Any
    event: Event | None


class Source(Protocol):
    """All raise `UnavailableError`; what has not been confirmed then comes again from a new source."""

    async def receive(self) -> Sequence[Delivery]:
        """Return what comes next, in order, or nothing after a moment."""
        ...

    async def confirm(self, receipts: Sequence[Any]) -> None: ...


OpenSource: TypeAlias = Callable[[], AbstractAsyncContextManager[Source]]


def delivery(receipt: object, read: Callable[[Parts, bytes], Event], parts: Parts, data: bytes) -> Delivery:
    """Log what cannot be read: it would be no better the next time."""
    try:
        return Delivery(receipt, read(parts, data))
    except UnreadableError as error:
        log.error("passing over what is none of our events", receipt=str(receipt), reason=str(error))  # noqa: TRY400
        return Delivery(receipt, None)


@contextmanager
def unavailable(name: str, *faults: type[Exception]) -> Iterator[None]:
    try:
        yield
    except faults as error:
        raise UnavailableError(f"{name} cannot be reached", reason=str(error)) from error
