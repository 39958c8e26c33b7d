"""Items on the fast path."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from uuid import UUID

from hello.entities.items import ItemView
from hello.interface.http.conditions import etag
from hello.interface.http.fast_routes.access import FastAccess
from hello.interface.http.fast_routes.common import (
    UUID_PART,
    FastContext,
    RenderOnce,
    body_as,
    fault_in,
    limit_of,
    number_of,
    query_of,
    trace_of,
)
from hello.interface.http.json_bodies import item_json, item_page_json
from hello.interface.http.parameters import MAX_SKIP
from hello.interface.http.schemas.items import ItemRequest
from hello.interface.http.serving.fast_path import FastRequest, FastRoute
from hello.services.lookups import ItemPage, ItemPageKey

PATH, ROUTE, GROUP = "/api/v1/items", "/api/v1/items/{item_id}", "items"


def item_routes(context: FastContext, access: FastAccess) -> Iterator[FastRoute]:
    path, read, list_ = PATH.encode(), ReadItem(context, access), ListItems(context, access)
    yield FastRoute("GET", path, ROUTE, read.begin, last=UUID_PART)
    yield FastRoute("GET", path, PATH, list_.begin, takes_query=True)
    yield FastRoute("POST", path, PATH, CreateItem(context, access).begin, takes_body=True)


class CreateItem:
    """A body is understood by the schema that the application has; what it refuses, the application does."""

    def __init__(self, context: FastContext, access: FastAccess) -> None:
        self.context, self.access = context, access
        self.created = context.kind("POST", PATH, HTTPStatus.CREATED)

    def begin(self, request: FastRequest) -> None:
        wanted = body_as(ItemRequest, request)
        if wanted is None or (admitted := self.access.account(request, GROUP)) is None:
            request.fall_through()
            return
        end = request.callback(self.end, admitted.limits)
        with trace_of(request, admitted.headers):
            self.context.use_cases.items.create_nowait(admitted.caller, wanted.to_content(), end)

    def end(
        self, request: FastRequest, limits: bytes, item: ItemView | None, error: Exception | None
    ) -> None:
        if item is None:
            request.fall_through(fault_in(error))
            return
        tag, place = etag(item.version).encode(), f"{self.context.prefix}{PATH}/{item.id}".encode()
        lines = b"etag: %b\r\nlocation: %b\r\n" % (tag, place)
        request.answer(self.created, item_json(item), lines, limits)


class ReadItem:
    def __init__(self, context: FastContext, access: FastAccess) -> None:
        self.context, self.access = context, access
        self.shown = context.kind("GET", ROUTE, HTTPStatus.OK)

    def begin(self, request: FastRequest) -> None:
        admitted = self.access.anybody(request, GROUP)
        if admitted is None or b"if-none-match" in admitted.headers:
            request.fall_through()
            return
        items = self.context.use_cases.items
        items.read_nowait(UUID(request.argument), request.callback(self.end, admitted.limits))

    def end(
        self, request: FastRequest, limits: bytes, item: ItemView | None, error: Exception | None
    ) -> None:
        if item is None:
            request.fall_through(error)
            return
        lines = b"etag: %b\r\ncache-control: no-cache\r\n" % etag(item.version).encode()
        request.answer(self.shown, item_json(item), lines, limits)


class ListItems:
    def __init__(self, context: FastContext, access: FastAccess) -> None:
        self.context, self.access = context, access
        self.listed = context.kind("GET", PATH, HTTPStatus.OK)
        self.render: RenderOnce[ItemPage, bytes] = RenderOnce(item_page_json)

    def begin(self, request: FastRequest) -> None:
        key = page_key(query_of(request.query))
        if key is None or (admitted := self.access.anybody(request, GROUP)) is None:
            request.fall_through()
            return
        self.context.use_cases.items.page_nowait(key, request.callback(self.end, admitted.limits))

    def end(
        self, request: FastRequest, limits: bytes, page: ItemPage | None, error: Exception | None
    ) -> None:
        if page is None:
            request.fall_through(error)
        else:
            request.answer(self.listed, self.render(page), b"", limits)


def page_key(query: Mapping[str, str] | None) -> ItemPageKey | None:
    """Return None for a query that the application has to read, or refuse."""
    if query is None or query.keys() - {"skip", "limit"}:
        return None
    skip, limit = number_of(query.get("skip", "0")), limit_of(query)
    if skip is None or limit is None or skip > MAX_SKIP:
        return None
    return ItemPageKey(skip, limit)
