"""The changes of an order as a stream of events (Server-Sent Events, HTML Living Standard 9.2)."""

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response
from fastapi.sse import EventSourceResponse, format_sse_event

from hello.entities.errors import InvalidError
from hello.entities.order_changes import OrderChange
from hello.interface.http.conditions import GREATEST
from hello.interface.http.dependencies import OrderEvents
from hello.interface.http.limits import limited
from hello.interface.http.problems import problems
from hello.interface.http.routers.orders import ANY, NOT_FOUND
from hello.interface.http.schemas.orders import ORDER, PATH, OrderResponse
from hello.interface.http.schemas.texts import Id
from hello.interface.http.security import CurrentCaller
from hello.services.order_feed import OrderFeed
from hello.services.security import Caller

RECONNECT_MS = 1000
VERSION = re.compile("[0-9]{1,10}")
HEARTBEAT = format_sse_event(comment="nothing new")
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter: nginx must not buffer it
router = APIRouter(prefix=PATH, tags=["orders"], dependencies=[Depends(limited("orders"))])


async def seat(caller: CurrentCaller, feed: OrderEvents) -> AsyncIterator[None]:
    """Hold it until the stream has ended, however it ends."""
    async with feed.seat(caller):
        yield


async def seen_version(
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="The id of the last event that arrived")
    ] = None,
) -> int:
    """Return 0 for a client that has seen nothing; raise `InvalidError` for an id of something else."""
    if not last_event_id:
        return 0
    if VERSION.fullmatch(last_event_id) is None:
        raise InvalidError("is not an id of these events", field="Last-Event-ID")
    return min(int(last_event_id), GREATEST - 1)  # the next version must be valid, too


def sse(change: OrderChange | None) -> bytes:
    """Return the bytes of one event; a comment when there is none, to keep the connection open."""
    if change is None:
        return HEARTBEAT
    data = OrderResponse.model_validate(change.order).model_dump_json()
    return format_sse_event(event=change.type, data_str=data, id=str(change.version), retry=RECONNECT_MS)


EXAMPLE = sse(OrderChange(1, "order.created", ORDER)).decode()
STREAM: dict[int | str, dict[str, Any]] = {
    HTTPStatus.OK.value: {
        "description": "One event for each change: `event` is its type, `id` the version, `data` the order",
        "content": {EventSourceResponse.media_type: {"schema": {"type": "string"}, "example": EXAMPLE}},
    },
    HTTPStatus.NO_CONTENT.value: {
        "description": "All is known and nothing more will come: a browser does not ask again"
    },
}


@router.get(
    "/{order_id}/events",
    operation_id="followOrder",
    response_class=Response,
    responses=STREAM | problems(*ANY, NOT_FOUND),
)
async def follow_order(
    order_id: Id,
    caller: CurrentCaller,
    feed: OrderEvents,
    seen: Annotated[int, Depends(seen_version)],
    _: Annotated[None, Depends(seat)],
) -> Response:
    """Follow an order of one's own, from its creation or from the event after `Last-Event-ID` on."""
    return await event_stream(feed, caller, order_id, seen)


async def event_stream(feed: OrderFeed, caller: Caller, order_id: UUID, seen: int) -> Response:
    """Return the changes after the version `seen`; 204 when there will be none."""
    if await feed.is_over(caller, order_id, seen):
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def events() -> AsyncIterator[bytes]:
        async for change in feed.follow(caller, order_id, seen):
            yield sse(change)

    return EventSourceResponse(events(), headers=HEADERS)
