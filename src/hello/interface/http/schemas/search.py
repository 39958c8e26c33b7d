"""Search results as JSON."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from hello.entities.search import PRICE_BANDS
from hello.interface.http.schemas.items import ITEM, ItemResponse
from hello.services.search import Facets, SearchResult

HIGHLIGHT: dict[str, Any] = {"title": "A kite", "description": "Flies in any <mark>wind</mark>."}
FOUND: dict[str, Any] = {**ITEM, "score": 1.25, "highlight": HIGHLIGHT}
FACETS: dict[str, Any] = {
    "prices": [
        {"min_price_cents": band.minimum, "max_price_cents": band.maximum, "count": number % 2}
        for number, band in enumerate(PRICE_BANDS[:-1])  # FastAPI leaves null out of an example
    ],
    "without_price": 0,
}
RESULT: dict[str, Any] = {"items": [FOUND], "total": 1, "engine": "postgres", "facets": FACETS}


class HighlightResponse(BaseModel):
    """HTML-escaped text with each match between `<mark>` and `</mark>`."""

    title: str
    description: Annotated[
        str | None, Field(description="Passages with matches; null if no word of the description matches")
    ]


class FoundItemResponse(ItemResponse):
    model_config = ConfigDict(json_schema_extra={"example": FOUND})

    score: Annotated[float, Field(description="Comparable only within one answer")]
    highlight: HighlightResponse


class PriceFacet(BaseModel):
    """Both limits are included, so they can be sent as parameters of the next search."""

    min_price_cents: int
    max_price_cents: int | None
    count: int


class FacetsResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": FACETS})

    prices: list[PriceFacet]
    without_price: int

    @classmethod
    def of(cls, facets: Facets) -> Self:
        prices = [
            PriceFacet(min_price_cents=band.minimum, max_price_cents=band.maximum, count=count)
            for band, count in zip(PRICE_BANDS, facets.price_bands, strict=True)
        ]
        return cls(prices=prices, without_price=facets.without_price)


class SearchResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": RESULT})

    items: list[FoundItemResponse]
    total: Annotated[int, Field(description="How many items match, counted up to 10,000")]
    engine: Annotated[
        Literal["postgres", "elasticsearch", "opensearch"], Field(description="What answered the search")
    ]
    facets: FacetsResponse

    @staticmethod
    def parts_of(result: SearchResult) -> dict[str, Any]:
        """Return all but the items."""
        matches = result.matches
        facets = FacetsResponse.of(matches.facets).model_dump()
        return {"total": matches.total, "engine": matches.engine, "facets": facets}


class SuggestionsResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"suggestions": ["A kite", "A kite for two"]}})

    suggestions: list[str]
