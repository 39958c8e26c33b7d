"""Orders, each for its customer only."""

from http import HTTPStatus

from fastapi import APIRouter, Depends, Request, Response

from hello.entities.orders import Order, OrderView
from hello.interface.http.cached_responses import render_order, unpack_order
from hello.interface.http.conditions import IfMatch, etag, needed_versions, seen_versions
from hello.interface.http.dependencies import Orders
from hello.interface.http.idempotency import IdempotencyKey, once
from hello.interface.http.json_bodies import order_json
from hello.interface.http.large import LargeResponse, json_page
from hello.interface.http.limits import limited
from hello.interface.http.pagination import cursors_of, order_cursor, order_place
from hello.interface.http.parameters import Cursor, Limit
from hello.interface.http.paths import reference
from hello.interface.http.problems import problems
from hello.interface.http.response_headers import placed, tagged, with_headers
from hello.interface.http.schemas.orders import (
    PATH,
    OrderRequest,
    OrderResponse,
    OrdersResponse,
    Status,
)
from hello.interface.http.schemas.texts import Id
from hello.interface.http.security import CurrentCaller

CONFLICT, NOT_FOUND, STALE = HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED
ANY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
BODY = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
KEYED = (CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
CHANGE = (NOT_FOUND, CONFLICT, STALE)
TAGGED, PLACED = tagged("order"), placed("order")
router = APIRouter(prefix=PATH, tags=["orders"], dependencies=[Depends(limited("orders"))])


@router.get("", operation_id="listOrders", response_model=OrdersResponse, responses=problems(*ANY))
async def list_orders(
    request: Request,
    caller: CurrentCaller,
    orders: Orders,
    status: Status = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """List one's own orders, the newest first."""
    cursors = cursors_of(request)
    page = await orders.page(caller, status, order_place(cursors, cursor, status), limit)
    following = order_cursor(cursors, status, page.before)
    body = await json_page("orders", page.orders, order_json, next_cursor=following)
    return LargeResponse(body, media_type="application/json")


@router.post(
    "",
    operation_id="createOrder",
    status_code=HTTPStatus.CREATED,
    response_model=OrderResponse,
    responses=with_headers(HTTPStatus.CREATED, PLACED) | problems(*ANY, *BODY, *KEYED),
)
async def create_order(
    request: Request,
    caller: CurrentCaller,
    body: OrderRequest,
    orders: Orders,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Order gifts; a request that is sent again with its key gets the first answer again."""
    repeatable = once(request, caller, idempotency_key, body)
    created = unpack_order(await orders.create(caller, body.to_content(), render_order, repeatable))
    location = reference(request, created.header("Location"))
    return created.to_response(HTTPStatus.CREATED, Location=location)


@router.get(
    "/{order_id}",
    operation_id="readOrder",
    response_model=OrderResponse,
    responses=with_headers(HTTPStatus.OK, TAGGED) | problems(*ANY, NOT_FOUND),
)
async def read_order(order_id: Id, caller: CurrentCaller, orders: Orders) -> Response:
    """Show an order of one's own."""
    return whole(await orders.read(caller, order_id))


@router.put(
    "/{order_id}",
    operation_id="replaceOrder",
    response_model=OrderResponse,
    responses=with_headers(HTTPStatus.OK, TAGGED)
    | problems(*ANY, *BODY, *CHANGE, HTTPStatus.PRECONDITION_REQUIRED),
)
async def replace_order(
    order_id: Id, caller: CurrentCaller, body: OrderRequest, orders: Orders, if_match: IfMatch
) -> Response:
    """Change all of an order that is not confirmed yet; titles and prices are the current ones."""
    return whole(await orders.replace(caller, order_id, body.to_content(), needed_versions(if_match)))


@router.delete(
    "/{order_id}",
    operation_id="cancelOrder",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(*ANY, *CHANGE),
)
async def cancel_order(order_id: Id, caller: CurrentCaller, orders: Orders, if_match: IfMatch) -> Response:
    """Cancel an order that has not been shipped; it stays readable."""
    await orders.cancel(caller, order_id, seen_versions(if_match))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def whole(order: Order | OrderView) -> Response:
    return Response(order_json(order), HTTPStatus.OK, {"ETag": etag(order.version)}, "application/json")
