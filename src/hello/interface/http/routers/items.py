"""The gift catalogue."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from hello.entities.items import ItemView
from hello.interface.http.conditions import IfMatch, IfNoneMatch, etag, is_known, seen_versions
from hello.interface.http.dependencies import Items
from hello.interface.http.json_bodies import item_json
from hello.interface.http.large import LargeResponse, json_page
from hello.interface.http.limits import limited
from hello.interface.http.parameters import Limit, Skip
from hello.interface.http.paths import reference
from hello.interface.http.problems import problems
from hello.interface.http.response_headers import placed, tagged, with_headers
from hello.interface.http.schemas.items import ItemRequest, ItemResponse, ItemsResponse
from hello.interface.http.schemas.texts import Id
from hello.interface.http.security import CurrentCaller

BAD_REQUEST, NOT_FOUND = HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND
ANY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
BODY = (BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
OWNERS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
CHANGE = (*OWNERS, NOT_FOUND, HTTPStatus.PRECONDITION_FAILED, *ANY)
TAGGED, PLACED = tagged("item"), placed("item")
REVALIDATED = {"Cache-Control": "no-cache"}
PREFIX = "/api/v1/items"
router = APIRouter(prefix=PREFIX, tags=["items"], dependencies=[Depends(limited("items"))])


@router.get("", operation_id="listItems", response_model=ItemsResponse, responses=problems(BAD_REQUEST, *ANY))
async def list_items(
    items: Items, skip: Skip = 0, limit: Limit = 20, owner_id: Annotated[Id | None, Query()] = None
) -> Response:
    """List items, the newest first, and how many there are in all."""
    page = await items.page(skip, limit, owner_id)
    body = await json_page("items", page.items, item_json, total=page.total)
    return LargeResponse(body, media_type="application/json")


@router.post(
    "",
    operation_id="createItem",
    status_code=HTTPStatus.CREATED,
    response_model=ItemResponse,
    responses=with_headers(HTTPStatus.CREATED, PLACED) | problems(*BODY, *OWNERS, *ANY),
)
async def create_item(request: Request, caller: CurrentCaller, body: ItemRequest, items: Items) -> Response:
    """Offer an item of one's own."""
    shown = await items.create(caller, body.to_content())
    return whole(shown, HTTPStatus.CREATED, {"Location": reference(request, f"{PREFIX}/{shown.id}")})


@router.get(
    "/{item_id}",
    operation_id="readItem",
    response_model=ItemResponse,
    responses=with_headers(HTTPStatus.OK, TAGGED)
    | {HTTPStatus.NOT_MODIFIED.value: {"description": "You have it already", "headers": TAGGED}}
    | problems(BAD_REQUEST, NOT_FOUND, *ANY),
)
async def read_item(item_id: Id, items: Items, if_none_match: IfNoneMatch) -> Response:
    """Show an item, unless the client has it already."""
    item = await items.read(item_id)
    if is_known(if_none_match, tag := etag(item.version)):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag, **REVALIDATED})
    return whole(item, HTTPStatus.OK, REVALIDATED)


@router.put(
    "/{item_id}",
    operation_id="replaceItem",
    response_model=ItemResponse,
    responses=with_headers(HTTPStatus.OK, TAGGED) | problems(*BODY, *CHANGE),
)
async def replace_item(
    item_id: Id, caller: CurrentCaller, body: ItemRequest, items: Items, if_match: IfMatch
) -> Response:
    """Change all of an item; what is left out is then missing."""
    shown = await items.replace(caller, item_id, body.to_content(), seen_versions(if_match))
    return whole(shown, HTTPStatus.OK, {})


@router.delete(
    "/{item_id}",
    operation_id="removeItem",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(BAD_REQUEST, *CHANGE),
)
async def remove_item(item_id: Id, caller: CurrentCaller, items: Items, if_match: IfMatch) -> Response:
    """Take an item out of the catalogue."""
    await items.remove(caller, item_id, seen_versions(if_match))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def whole(item: ItemView, status: HTTPStatus, headers: dict[str, str]) -> Response:
    return Response(item_json(item), status, {"ETag": etag(item.version), **headers}, "application/json")
