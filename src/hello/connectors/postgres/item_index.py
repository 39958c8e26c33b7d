"""Search in PostgreSQL: by an index of documents, with an index of words for typos and unfinished words."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from html import escape
from uuid import UUID

from hello.connectors.postgres.batches import BatchedLookup, Batches
from hello.connectors.postgres.item_suggestions import COMPLETIONS, ItemSuggestions
from hello.connectors.postgres.prepared_statements import BatchStatement
from hello.connectors.postgres.search_queries import Similar
from hello.connectors.postgres.search_words import SearchWords, search_words
from hello.entities.search import BAND_STARTS, MAX_MATCHES, PRICE_BANDS
from hello.services.search import (
    Facets,
    Highlight,
    ItemSearch,
    Leniency,
    Match,
    Matches,
    search_leniently,
)

MATCH_START, MATCH_END, SEPARATOR = "\x02", "\x03", "\x1f"
EMOJI_WORD = re.compile("emoji([0-9a-f]{4,5})(?=\x03?\x1f)")

SEARCHES_AT_ONCE = 3
"""A search takes a connection for milliseconds: most of them stay free for reads by key."""
BANDS = ", ".join(f"count(*) FILTER (WHERE band = {band})" for band in range(1, len(PRICE_BANDS) + 1))
# The plan is for any values: queries are made of their texts once, not for each row.
SEARCH = f"""
    WITH typed AS MATERIALIZED (
        SELECT to_tsquery('hello', $1) AS query, to_tsquery('hello', $2) AS longer,
            to_tsquery('hello', $3) AS exact
    ), matching AS MATERIALIZED (
        SELECT item_id, width_bucket(price_cents, $10::bigint[]) AS band,
            CASE WHEN $1 = $3 THEN 2 ELSE
                (document @@ (SELECT exact FROM typed))::int + (document @@ (SELECT longer FROM typed))::int
            END + ts_rank('{{0.1, 0.2, 0.4, 1}}', document, (SELECT query FROM typed), 1) AS score
        FROM item_documents
        WHERE document @@ (SELECT query FROM typed)
            AND ($4 = '' OR NOT document @@ (SELECT to_tsquery('hello', $4)))
            AND ($5::uuid IS NULL OR owner_id = $5)
            AND ($6::bigint IS NULL OR price_cents >= $6)
            AND ($7::bigint IS NULL OR price_cents <= $7)
        LIMIT {MAX_MATCHES}
    ), page AS (
        SELECT item_id, score FROM matching ORDER BY score DESC, item_id DESC OFFSET $8::int LIMIT $9::int
    ), headlines AS (
        SELECT item_id, score,
            search_headline(title, (SELECT query FROM typed), 'HighlightAll=true') AS title,
            search_headline(description, (SELECT query FROM typed), CASE
                WHEN char_length(description) <= 200 THEN 'HighlightAll=true'
                ELSE 'MaxFragments=3, MinWords=8, MaxWords=30, FragmentDelimiter=" … "'
            END) AS description
        FROM page JOIN items ON id = item_id
    ), counts AS (
        SELECT count(*) AS total, ARRAY[{BANDS}] AS bands,
            count(*) FILTER (WHERE band IS NULL) AS without_price
        FROM matching
    )
    SELECT total, bands, without_price, item_id, score, title, description
    FROM counts LEFT JOIN headlines ON true
    ORDER BY score DESC, item_id DESC
"""  # noqa: S608  # made of constants


@dataclass(frozen=True, slots=True)
class PostgresItemIndex:
    """Finds an item from its commit on; equal calls that wait share an answer."""

    searches: BatchedLookup[ItemSearch, Matches]
    suggestions: BatchedLookup[tuple[str, int], Sequence[str]]

    async def search(self, wanted: ItemSearch) -> Matches:
        return await self.searches.find(wanted) or NOTHING

    async def suggest(self, typed: str, limit: int) -> Sequence[str]:
        return await self.suggestions.find((typed, limit)) or []


def item_index(batches: Batches) -> PostgresItemIndex:
    words = search_words(batches)
    searching = Searching(words, batches.reading(SEARCH))
    suggesting = ItemSuggestions(words, batches.reading(COMPLETIONS))

    return PostgresItemIndex(
        batches.shared("search", searching.find, at_once=SEARCHES_AT_ONCE),
        batches.shared("suggest", lambda key: suggesting.continuing(*key), at_once=SEARCHES_AT_ONCE),
    )


@dataclass(frozen=True, slots=True)
class Queries:
    """What must match; what ranks higher, with longer words and with just these; and what must not match."""

    query: str
    longer: str
    exact: str
    excluded: str


@dataclass(frozen=True, slots=True)
class Searching:
    words: SearchWords
    statement: BatchStatement

    async def find(self, wanted: ItemSearch) -> Matches:
        words = await self.words.normalized(wanted.text)
        if not words.terms:
            return NOTHING
        exact, loose = words.exact(), words.loose_words
        longer = either = NONE

        async def search(leniency: Leniency) -> Matches:
            """Look for similar words once, however lenient the search becomes."""
            nonlocal longer, either
            if leniency is Leniency.EXACT:
                return await self._ranked(wanted, Queries(exact, exact, exact, words.none()))
            if leniency is Leniency.FORGIVING:
                longer, similar = await self.words.longer(loose), await self.words.similar(loose)
                either = {word: [*longer.get(word, ()), *similar.get(word, ())] for word in loose}
            query = words.all(either) if leniency is Leniency.FORGIVING else words.any(either)
            return await self._ranked(wanted, Queries(query, words.all(longer), exact, words.none()))

        return await search_leniently(search, len(words.terms))

    async def _ranked(self, wanted: ItemSearch, queries: Queries) -> Matches:
        rows = await self.statement.fetch(
            *astuple(queries),
            wanted.owner_id,
            wanted.min_price_cents,
            wanted.max_price_cents,
            wanted.skip,
            wanted.limit,
            BAND_STARTS,
        )
        total, bands, without_price, *_ = rows[0]
        return Matches(
            engine="postgres",
            page=[match_of(*row[3:]) for row in rows if row[3]],
            total=total,
            facets=Facets(price_bands=bands, without_price=without_price),
        )


def match_of(item_id: UUID, score: float, title: str, description: str | None) -> Match:
    passages = as_html(description) if description and MATCH_START in description else None
    return Match(item_id, score, Highlight(as_html(title), passages))


def as_html(headline: str) -> str:
    """Escape what `search_headline` returns, and turn its marks into tags."""
    body = EMOJI_WORD.sub(lambda word: chr(int(word[1], 16)), headline).replace(SEPARATOR, "")
    joined = escape(body).replace(f"{MATCH_END}{MATCH_START}", "")
    return joined.replace(MATCH_START, "<mark>").replace(MATCH_END, "</mark>")


NONE: Similar = {}
NOTHING = Matches(
    engine="postgres",
    page=[],
    total=0,
    facets=Facets(price_bands=[0] * len(PRICE_BANDS), without_price=0),
)
