"""The changes of an order as they happen, also across lost connections (Server-Sent Events)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import orjson
from httpx_sse import EventSource, ServerSentEvent

from hello.entrypoints.cli.client.api import RetryableError, Service
from hello.entrypoints.cli.client.output import ClientError

FIRST_PAUSE_S, MAX_PAUSE_S = 1.0, 30.0
FINAL = {"SHIPPED", "CANCELLED"}


@dataclass(frozen=True, slots=True)
class Change:
    """One event: `type` such as `order.shipped`, `id` to resume after it, and the order as JSON has it."""

    type: str
    id: str
    order: dict[str, Any]

    @property
    def is_final(self) -> bool:
        return self.order["status"] in FINAL


Connect = Callable[[str], AbstractContextManager[Iterator[Change]]]
"""Connects after the event with that id, from the first one on if it is empty; raises `ClientError`."""
Wait = Callable[[float, RetryableError | None], None]
"""Waits for seconds before the next connection, after an error or an orderly end of the stream."""


def follow(connect: Connect, wait: Wait) -> Iterator[Change]:
    """Yield each change up to the final one; raise `ClientError` if the first connection fails.

    A later connection that fails is tried again, after pauses that double.
    """
    seen, pause_s, is_first = "", FIRST_PAUSE_S, True
    while True:
        lost = None
        try:
            with connect(seen) as changes:
                pause_s, is_first = FIRST_PAUSE_S, False
                for change in changes:
                    yield change
                    seen = change.id
                    if change.is_final:
                        return
        except RetryableError as error:
            if is_first:
                raise
            lost = error
        wait(max(pause_s, lost.retry_after_s if lost else 0), lost)
        pause_s = min(2 * pause_s, MAX_PAUSE_S)


@contextmanager
def connection(service: Service, order_id: UUID, seen: str) -> Iterator[Iterator[Change]]:
    """Follow the order over one connection, from the event after `seen` on."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": seen} if seen else {})
    with service.stream(f"/api/v1/orders/{order_id}/events", headers) as response:
        if response.status_code == httpx.codes.NO_CONTENT:
            raise ClientError("nothing more will happen to this order")
        yield map(change_of, EventSource(response).iter_sse())


def change_of(event: ServerSentEvent) -> Change:
    """Raise `ClientError` for data that is no order."""
    try:
        order = orjson.loads(event.data)
    except ValueError:
        order = None
    if not isinstance(order, dict) or "status" not in order:
        raise ClientError("unexpected event: its data is no order")
    return Change(event.event, event.id, order)
