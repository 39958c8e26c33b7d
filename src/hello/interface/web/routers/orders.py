"""A customer's orders: placing, watching and cancelling them."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Depends, Request, Response

from hello.entities.errors import ConflictError, InvalidError, NotFoundError
from hello.entities.orders import OrderStatus
from hello.interface.http.cached_responses import render_order, unpack_order
from hello.interface.http.dependencies import Items, OrderEvents, Orders
from hello.interface.http.idempotency import once
from hello.interface.http.limits import limited
from hello.interface.http.pagination import cursors_of, order_cursor, order_place
from hello.interface.http.parameters import Cursor
from hello.interface.http.routers.order_events import event_stream, seen_version
from hello.interface.http.schemas.orders import LineRequest, OrderRequest, Status
from hello.interface.http.schemas.texts import Id
from hello.interface.web.forms import Form, OrderForm, submitted
from hello.interface.web.pages import page, page_router, redirect
from hello.interface.web.sessions import KnownVisitor

PAGE = 20
router = page_router("/orders", Depends(limited("orders")))


@router.get("")
async def list_orders(
    request: Request, visitor: KnownVisitor, orders: Orders, status: Status = None, cursor: Cursor = None
) -> Response:
    """Show one's own orders, the newest first."""
    cursors = cursors_of(request)
    listed = await orders.page(visitor.caller, status, order_place(cursors, cursor, status), PAGE)
    following = order_cursor(cursors, status, listed.before)
    return page(
        request,
        "orders.html",
        orders=listed.orders,
        shown=status,
        statuses=list(OrderStatus),
        next_cursor=following,
        is_first=cursor is None,
    )


@router.post("")
async def place_order(request: Request, visitor: KnownVisitor, orders: Orders, items: Items) -> Response:
    """Order an item as a gift; a form that is sent twice makes one order."""
    form = await submitted(request, OrderForm)
    if form.data is None:
        return await order_form_again(request, form, items)
    wanted = form.data
    body = OrderRequest(
        lines=[LineRequest(item_id=wanted.item_id, quantity=wanted.quantity)], recipient=wanted.recipient
    )
    repeatable = once(request, visitor.caller, wanted.key, body)
    try:
        packed = await orders.create(visitor.caller, body.to_content(), render_order, repeatable)
    except (InvalidError, ConflictError) as error:
        return await order_form_again(request, form.refused(error), items)
    order_id = orjson.loads(unpack_order(packed).body)["id"]
    return redirect(request, f"/orders/{order_id}", done="ordered")


async def order_form_again(request: Request, form: Form[OrderForm], items: Items) -> Response:
    """Show the item again with what is wrong; raise `NotFoundError` when there is no such item."""
    try:
        item = await items.read(UUID(form.values.get("item_id", "")))
    except ValueError:
        raise NotFoundError("no such item") from None
    key = form.values.get("key", "")
    return page(request, "gift.html", HTTPStatus.BAD_REQUEST, item=item, form=form, key=key)


@router.get("/{order_id}")
async def show_order(request: Request, order_id: Id, visitor: KnownVisitor, orders: Orders) -> Response:
    """Show the order, which a script keeps up to date."""
    return page(request, "order.html", order=await orders.read(visitor.caller, order_id))


@router.post("/{order_id}/cancel")
async def cancel_order(request: Request, order_id: Id, visitor: KnownVisitor, orders: Orders) -> Response:
    """Cancel whatever version of it there is: the page may be older than the last move."""
    await orders.cancel(visitor.caller, order_id, None)
    return redirect(request, f"/orders/{order_id}", done="cancelled")


async def seat(visitor: KnownVisitor, feed: OrderEvents) -> AsyncIterator[None]:
    async with feed.seat(visitor.caller):
        yield


@router.get("/{order_id}/events")
async def follow_order(
    order_id: Id,
    visitor: KnownVisitor,
    feed: OrderEvents,
    seen: Annotated[int, Depends(seen_version)],
    _: Annotated[None, Depends(seat)],
) -> Response:
    """Send the same events as the API does; a browser cannot send a token with `EventSource`."""
    return await event_stream(feed, visitor.caller, order_id, seen)
