"""Searching the catalogue: an index finds and ranks items, and the database has their current state."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

from hello.entities.items import ItemView
from hello.entities.search import SearchText
from hello.services.lookups import Lookup, find_all

MAX_SUGGESTIONS = 10
FEW = 10
"""If fewer items match exactly, similar and longer words count as well."""
Engine: TypeAlias = Literal["postgres", "elasticsearch", "opensearch"]


class Leniency(Enum):
    """What counts as a match: all words as they are typed, all words or similar ones, or some of them."""

    EXACT = auto()
    FORGIVING = auto()
    ANY = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSearch:
    """Prices are in cents, both limits included."""

    text: SearchText
    skip: int = 0
    limit: int = 20
    min_price_cents: int | None = None
    max_price_cents: int | None = None
    owner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Highlight:
    """HTML-escaped text with the matches between `<mark>` and `</mark>`; of a description, some passages."""

    title: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Match:
    item_id: UUID
    score: float
    highlight: Highlight


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """How many of the matches are in each of `PRICE_BANDS`, and how many have no price."""

    price_bands: Sequence[int]
    without_price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """A page of the matches, the best first; `total` counts at most `MAX_MATCHES` of them."""

    engine: Engine
    page: Sequence[Match]
    total: int
    facets: Facets


class ItemIndex(Protocol):
    """Finds items; equal scores are ordered by id, the newest first."""

    async def search(self, wanted: ItemSearch) -> Matches:
        """Forgive typos and unfinished words when few items have exactly these; raise `UnavailableError`."""
        ...

    async def suggest(self, typed: str, limit: int) -> Sequence[str]:
        """Return different titles with a word from which on they continue what is typed.

        If there are none, allow for typos.
        """
        ...


async def search_leniently(search: Callable[[Leniency], Awaitable[Matches]], terms: int) -> Matches:
    """Search ever more leniently until there are enough matches; the same for each page of a search."""
    matches = await search(Leniency.EXACT)
    if matches.total < FEW:
        matches = await search(Leniency.FORGIVING)
    if matches.total == 0 and terms > 1:
        matches = await search(Leniency.ANY)
    return matches


@dataclass(frozen=True, slots=True)
class FoundItem:
    view: ItemView
    match: Match


@dataclass(frozen=True, slots=True)
class SearchResult:
    matches: Matches
    items: Sequence[FoundItem]


@dataclass(frozen=True, slots=True)
class SearchService:
    items: Lookup[UUID, ItemView]
    index: ItemIndex

    async def search(self, wanted: ItemSearch) -> SearchResult:
        """Leave out what the index still has although the item is gone."""
        matches = await self.index.search(wanted)
        views = await find_all(self.items, [match.item_id for match in matches.page])
        found = [FoundItem(views[match.item_id], match) for match in matches.page if match.item_id in views]
        return SearchResult(matches, found)

    async def suggest(self, typed: str) -> Sequence[str]:
        return await self.index.suggest(typed, MAX_SUGGESTIONS)
