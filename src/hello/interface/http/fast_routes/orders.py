"""Orders on the fast path."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from uuid import UUID

from hello.core.cursors import Cursors
from hello.entities.errors import InvalidError
from hello.entities.orders import OrderStatus, OrderView
from hello.interface.http.cached_responses import render_order, unpack_order
from hello.interface.http.conditions import etag
from hello.interface.http.fast_routes.access import FastAccess
from hello.interface.http.fast_routes.common import (
    UUID_PART,
    FastContext,
    RenderOnce,
    body_as,
    fault_in,
    limit_of,
    query_of,
    trace_of,
)
from hello.interface.http.idempotency import repeatable
from hello.interface.http.json_bodies import order_json, order_page_json
from hello.interface.http.pagination import order_place
from hello.interface.http.schemas.orders import PATH, OrderRequest
from hello.interface.http.serving.fast_path import FastRequest, FastRoute
from hello.services.lookups import OrderPage, OrderPageKey

ROUTE, GROUP = f"{PATH}/{{order_id}}", "orders"
STATUSES = frozenset(OrderStatus)
KEY = re.compile(rb"[\x21-\x7e]{1,255}")


def order_routes(context: FastContext, access: FastAccess, cursors: Cursors) -> Iterator[FastRoute]:
    path, read, list_ = PATH.encode(), ReadOrder(context, access), ListOrders(context, access, cursors)
    yield FastRoute("GET", path, ROUTE, read.begin, last=UUID_PART)
    yield FastRoute("GET", path, PATH, list_.begin, takes_query=True)
    yield FastRoute("POST", path, PATH, CreateOrder(context, access).begin, takes_body=True)


class CreateOrder:
    """A body is understood by the schema that the application has; what it refuses, the application does."""

    def __init__(self, context: FastContext, access: FastAccess) -> None:
        self.context, self.access = context, access
        self.placed = context.kind("POST", PATH, HTTPStatus.CREATED)

    def begin(self, request: FastRequest) -> None:
        wanted = body_as(OrderRequest, request)
        if wanted is None or (admitted := self.access.account(request, GROUP)) is None:
            request.fall_through()
            return
        key = admitted.headers.get(b"idempotency-key")
        if key is not None and not KEY.fullmatch(key):
            request.fall_through()
            return
        once = repeatable("POST", PATH, admitted.caller, key.decode(), wanted) if key else None
        end = request.callback(self.end, admitted.limits)
        orders = self.context.use_cases.orders
        with trace_of(request, admitted.headers):
            orders.create_nowait(admitted.caller, wanted.to_content(), render_order, once, end)

    def end(self, request: FastRequest, limits: bytes, answer: bytes | None, error: Exception | None) -> None:
        if answer is None:
            request.fall_through(fault_in(error))
            return
        lines, body = unpack_order(answer).lines(self.context.prefix)
        request.answer(self.placed, body, lines, limits)


class ReadOrder:
    def __init__(self, context: FastContext, access: FastAccess) -> None:
        self.context, self.access = context, access
        self.shown = context.kind("GET", ROUTE, HTTPStatus.OK)

    def begin(self, request: FastRequest) -> None:
        if (admitted := self.access.account(request, GROUP)) is None:
            request.fall_through()
            return
        end = request.callback(self.end, admitted.limits)
        self.context.use_cases.orders.read_nowait(admitted.caller, UUID(request.argument), end)

    def end(
        self, request: FastRequest, limits: bytes, order: OrderView | None, error: Exception | None
    ) -> None:
        if order is None:
            request.fall_through(fault_in(error))
        else:
            lines = b"etag: %b\r\n" % etag(order.version).encode()
            request.answer(self.shown, order_json(order), lines, limits)


class ListOrders:
    def __init__(self, context: FastContext, access: FastAccess, cursors: Cursors) -> None:
        self.context, self.access, self.cursors = context, access, cursors
        self.listed = context.kind("GET", PATH, HTTPStatus.OK)
        self.render: RenderOnce[OrderPage, bytes] = RenderOnce(order_page_json)

    def begin(self, request: FastRequest) -> None:
        wanted = self.wanted(query_of(request.query))
        if wanted is None or (admitted := self.access.account(request, GROUP)) is None:
            request.fall_through()
            return
        status, before, limit = wanted
        key = OrderPageKey(admitted.caller.account_id, status, before, limit)
        end = request.callback(self.end, admitted.limits, status)
        self.context.use_cases.orders.page_nowait(key, end)

    def end(
        self,
        request: FastRequest,
        limits: bytes,
        status: str | None,
        page: OrderPage | None,
        error: Exception | None,
    ) -> None:
        """Leave an empty page to the application, which knows whether there still is such an account."""
        if page is None or not page.orders:
            request.fall_through(fault_in(error))
        else:
            request.answer(self.listed, self.render(page, self.cursors, status), b"", limits)

    def wanted(self, query: Mapping[str, str] | None) -> tuple[str | None, UUID | None, int] | None:
        """Return None for a query that the application has to read, or refuse."""
        if query is None or query.keys() - {"cursor", "limit", "status"}:
            return None
        status, limit = query.get("status"), limit_of(query)
        if limit is None or status not in STATUSES | {None}:
            return None
        try:
            return status, order_place(self.cursors, query.get("cursor"), status), limit
        except InvalidError:
            return None
