"""Search in Elasticsearch or OpenSearch."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from uuid import UUID

from hello.connectors.search.clauses import can_be_title
from hello.connectors.search.client import SearchClient, unavailable
from hello.connectors.search.queries import can_be_corrected, search_body, suggest_body
from hello.services.search import (
    Engine,
    Facets,
    Highlight,
    ItemSearch,
    Leniency,
    Match,
    Matches,
    search_leniently,
)

PASSAGE_SEPARATOR = " … "


@dataclass(frozen=True, slots=True)
class EngineItemIndex:
    """Finds an item once the worker has indexed it, usually within a second of its commit."""

    client: SearchClient

    async def search(self, wanted: ItemSearch) -> Matches:
        engine = await self.client.engine()

        async def search(leniency: Leniency) -> Matches:
            return matches_of(engine, await self._search(search_body(wanted, leniency)))

        return await search_leniently(search, len(wanted.text.terms))

    async def suggest(self, typed: str, limit: int) -> Sequence[str]:
        if not can_be_title(typed):
            return []
        titles = await self._titles(suggest_body(typed, limit, forgiving=False))
        if titles or not can_be_corrected(typed):
            return titles
        return await self._titles(suggest_body(typed, limit, forgiving=True))

    async def _titles(self, body: dict[str, Any]) -> list[str]:
        answer = await self._search(body)
        return [hit["_source"]["title"] for hit in answer["hits"]["hits"]]

    async def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        with unavailable():
            answer: dict[str, Any] = await self.client.client.search(index=self.client.index, body=body)
        return answer


def matches_of(engine: Engine, answer: dict[str, Any]) -> Matches:
    aggregations = answer["aggregations"]
    return Matches(
        engine=engine,
        page=list(map(match_of, answer["hits"]["hits"])),
        total=answer["hits"]["total"]["value"],
        facets=Facets(
            price_bands=[bucket["doc_count"] for bucket in aggregations["bands"]["buckets"]],
            without_price=aggregations["without_price"]["doc_count"],
        ),
    )


def match_of(hit: dict[str, Any]) -> Match:
    title = highlighted(hit, "title") or escape(hit["_source"]["title"])
    return Match(UUID(hit["_id"]), hit["_score"], Highlight(title, highlighted(hit, "description")))


def highlighted(hit: dict[str, Any], field: str) -> str | None:
    """Return the passages with matches; None without any."""
    passages = hit.get("highlight", {}).get(field)
    return PASSAGE_SEPARATOR.join(passages).replace("</mark><mark>", "") if passages else None
