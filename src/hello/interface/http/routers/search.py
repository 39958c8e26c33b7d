"""Searching the gift catalogue."""

from hashlib import blake2b
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AfterValidator, BeforeValidator, Field

from hello.entities.errors import InvalidError
from hello.entities.search import MAX_MATCHES, SearchText
from hello.interface.http.conditions import IfNoneMatch, is_known
from hello.interface.http.dependencies import Search
from hello.interface.http.json_bodies import found_item_json
from hello.interface.http.large import LargeResponse, json_page
from hello.interface.http.limits import limited
from hello.interface.http.parameters import MAX_LIMIT, Limit, whole
from hello.interface.http.problems import problems
from hello.interface.http.response_headers import text, with_headers
from hello.interface.http.schemas.search import SearchResponse, SuggestionsResponse
from hello.interface.http.schemas.texts import Id, Storable
from hello.services.search import ItemSearch

MAX_TEXT = 500
CACHED = {"ETag": text("The version of this answer"), "Cache-Control": text("How long it may be kept")}
ERRORS = problems(HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
KNOWN = {HTTPStatus.NOT_MODIFIED.value: {"description": "You have it already", "headers": CACHED}}
RESPONSES = with_headers(HTTPStatus.OK, CACHED) | KNOWN | ERRORS
router = APIRouter(prefix="/api/v1/search/items", tags=["search"], dependencies=[Depends(limited("search"))])


def not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


SearchedText = Annotated[
    Storable,
    Field(min_length=1, max_length=MAX_TEXT),
    AfterValidator(not_blank),
    Query(
        description='Words, `"a phrase"`, and `-words` that must not occur', examples=["kite", '"red kite"']
    ),
]
TypedText = Annotated[
    Storable,
    Field(min_length=1, max_length=MAX_TEXT),
    AfterValidator(not_blank),
    Query(description="What has been typed so far", examples=["kit"]),
]
SearchSkip = Annotated[
    int,
    Field(ge=0, le=MAX_MATCHES - MAX_LIMIT),
    BeforeValidator(whole),
    Query(description="How many matches to pass over"),
]
Price = Annotated[int | None, Field(ge=0, le=1_000_000_000), BeforeValidator(whole), Query()]


@router.get("", operation_id="searchItems", response_model=SearchResponse, responses=RESPONSES)
async def search_items(
    search: Search,
    if_none_match: IfNoneMatch,
    q: SearchedText,
    skip: SearchSkip = 0,
    limit: Limit = 20,
    min_price_cents: Price = None,
    max_price_cents: Price = None,
    owner_id: Annotated[Id | None, Query()] = None,
) -> Response:
    """Search the items, the best match first.

    An item must contain all words, in the title or the description. If few items do, words with a typo and
    the beginnings of words match as well, and if still none does, some of the words are enough.
    """
    check_prices(min_price_cents, max_price_cents)
    wanted = ItemSearch(
        text=SearchText.parse(q),
        skip=skip,
        limit=limit,
        min_price_cents=min_price_cents,
        max_price_cents=max_price_cents,
        owner_id=owner_id,
    )
    result = await search.search(wanted)
    parts = SearchResponse.parts_of(result)
    body = await json_page("items", result.items, found_item_json, **parts)
    return revalidated(body, "no-cache", if_none_match)


@router.get("/suggest", operation_id="suggestItems", response_model=SuggestionsResponse, responses=RESPONSES)
async def suggest_items(search: Search, if_none_match: IfNoneMatch, q: TypedText) -> Response:
    """Suggest up to ten titles while a person is typing; a typo is forgiven."""
    titles = await search.suggest(q)
    body = SuggestionsResponse(suggestions=list(titles)).model_dump_json().encode()
    return revalidated(body, "public, max-age=60", if_none_match)


def check_prices(minimum: int | None, maximum: int | None) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise InvalidError("must not be less than min_price_cents", field="max_price_cents")


def revalidated(body: bytes, cache_control: str, if_none_match: str | None) -> Response:
    """Answer 304 to a client that has the same body already."""
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": cache_control}
    if is_known(if_none_match, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return LargeResponse(body, HTTPStatus.OK, headers, "application/json")
