"""A publisher whose callers share one connection."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hello.connectors.brokers.outages import BrokerFullError
from hello.connectors.brokers.reconnecting_client import ReconnectingClient
from hello.entities.errors import UnavailableError
from hello.entities.events import Event

Client = TypeVar("Client")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconnectingPublisher(Generic[Client]):
    """`send` returns once the broker has confirmed; any of `faults` drops the connection.

    `is_full` returns whether a fault means that the broker has no room.
    """

    name: str
    client: ReconnectingClient[Client]
    send: Callable[[Client, Event], Awaitable[object]]
    faults: tuple[type[Exception], ...]
    is_full: Callable[[Exception], bool]
    timeout_s: float

    async def publish(self, event: Event) -> None:
        try:
            async with asyncio.timeout(self.timeout_s):
                await self.send(await self.client.get(), event)
        except self.faults as error:
            self.client.drop()
            if self.is_full(error):
                raise BrokerFullError(f"{self.name} has no room for an event", reason=str(error)) from error
            raise UnavailableError(f"{self.name} did not confirm an event", reason=str(error)) from error
