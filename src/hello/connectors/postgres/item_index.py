"""Search in PostgreSQL: by an index of documents, with an index of words for typos and unfinished words."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Self

from sqlalchemy import ARRAY, BigInteger, Row, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.postgres.engine import sessions_of
from hello.connectors.postgres.item_suggestions import suggestions
from hello.connectors.postgres.search_queries import NormalizedText, Similar
from hello.connectors.postgres.search_words import longer_words, normalized_text, similar_words
from hello.connectors.postgres.unit_of_work import committed
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

BANDS = ", ".join(f"count(*) FILTER (WHERE band = {band})" for band in range(1, len(PRICE_BANDS) + 1))
SEARCH = text(
    f"""
    WITH matching AS MATERIALIZED (
        SELECT item_id, width_bucket(price_cents, :band_starts) AS band,
            CASE WHEN :query = :exact THEN 2 ELSE
                (document @@ to_tsquery('hello', :exact))::int
                    + (document @@ to_tsquery('hello', :longer))::int
            END + ts_rank('{{0.1, 0.2, 0.4, 1}}', document, to_tsquery('hello', :query), 1) AS score
        FROM item_documents
        WHERE document @@ to_tsquery('hello', :query)
            AND NOT document @@ to_tsquery('hello', :excluded)
            AND (:owner_id IS NULL OR owner_id = :owner_id)
            AND (:min_price_cents IS NULL OR price_cents >= :min_price_cents)
            AND (:max_price_cents IS NULL OR price_cents <= :max_price_cents)
        LIMIT {MAX_MATCHES}
    ), page AS (
        SELECT item_id, score FROM matching ORDER BY score DESC, item_id DESC OFFSET :skip LIMIT :limit
    ), headlines AS (
        SELECT item_id, score,
            search_headline(title, to_tsquery('hello', :query), 'HighlightAll=true') AS title,
            search_headline(description, to_tsquery('hello', :query), CASE
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
).bindparams(
    bindparam("owner_id", type_=Uuid),
    bindparam("min_price_cents", type_=BigInteger),
    bindparam("max_price_cents", type_=BigInteger),
    bindparam("band_starts", list(BAND_STARTS), type_=ARRAY(BigInteger)),
)


@dataclass(frozen=True, slots=True)
class PostgresItemIndex:
    """Finds an item from its commit on; `deadline_s` bounds each call."""

    sessions: async_sessionmaker[AsyncSession]
    deadline_s: float

    @classmethod
    def of(cls, engine: AsyncEngine, deadline_s: float) -> Self:
        return cls(sessions_of(engine), deadline_s)

    async def search(self, wanted: ItemSearch) -> Matches:
        async with committed(self.sessions, self.deadline_s) as session:
            return await find(session, wanted, await normalized_text(session, wanted.text))

    async def suggest(self, typed: str, limit: int) -> Sequence[str]:
        async with committed(self.sessions, self.deadline_s) as session:
            return await suggestions(session, typed, limit)


async def find(session: AsyncSession, wanted: ItemSearch, words: NormalizedText) -> Matches:
    if not words.terms:
        return NOTHING
    exact, loose = words.exact(), words.loose_words
    longer: Similar = {}
    either: Similar = {}

    async def search(leniency: Leniency) -> Matches:
        """Look for similar words once, however lenient the search becomes."""
        nonlocal longer, either
        if leniency is Leniency.EXACT:
            return await ranked(session, wanted, Queries(exact, exact, exact, words.none()))
        if leniency is Leniency.FORGIVING:
            longer, similar = await longer_words(session, loose), await similar_words(session, loose)
            either = {word: [*longer.get(word, ()), *similar.get(word, ())] for word in loose}
        query = words.all(either) if leniency is Leniency.FORGIVING else words.any(either)
        return await ranked(session, wanted, Queries(query, words.all(longer), exact, words.none()))

    return await search_leniently(search, len(words.terms))


@dataclass(frozen=True, slots=True)
class Queries:
    """What must match; what ranks higher, with longer words and with just these; and what must not match."""

    query: str
    longer: str
    exact: str
    excluded: str


async def ranked(session: AsyncSession, wanted: ItemSearch, queries: Queries) -> Matches:
    parameters = {
        **asdict(queries),
        "skip": wanted.skip,
        "limit": wanted.limit,
        "owner_id": wanted.owner_id,
        "min_price_cents": wanted.min_price_cents,
        "max_price_cents": wanted.max_price_cents,
    }
    rows = (await session.execute(SEARCH, parameters)).all()
    return Matches(
        engine="postgres",
        page=[match_of(row) for row in rows if row.item_id],
        total=rows[0].total,
        facets=Facets(price_bands=rows[0].bands, without_price=rows[0].without_price),
    )


def match_of(row: Row[Any]) -> Match:
    passages = row.description if MATCH_START in (row.description or "") else None
    highlight = Highlight(as_html(row.title), passages and as_html(passages))
    return Match(row.item_id, row.score, highlight)


def as_html(headline: str) -> str:
    """Escape what `search_headline` returns, and turn its marks into tags."""
    body = EMOJI_WORD.sub(lambda word: chr(int(word[1], 16)), headline).replace(SEPARATOR, "")
    joined = escape(body).replace(f"{MATCH_END}{MATCH_START}", "")
    return joined.replace(MATCH_START, "<mark>").replace(MATCH_END, "</mark>")


NOTHING = Matches(
    engine="postgres",
    page=[],
    total=0,
    facets=Facets(price_bands=[0] * len(PRICE_BANDS), without_price=0),
)
