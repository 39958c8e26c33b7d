"""The bodies of searches: what is typed stands only in values, never in the syntax of a query."""

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from hello.entities.search import (
    MAX_FORGIVEN,
    MAX_MATCHES,
    MAX_WORD,
    PRICE_BANDS,
    PriceBand,
    Term,
    shortest_prefix,
)
from hello.services.search import ItemSearch, Leniency

Json: TypeAlias = dict[str, Any]
STEMS = ("title^8", "description")
WORDS = ("title.words^8", "description.words")
SEARCHED = re.compile(r"[^\W_]|[\u2600-\u27bf\U0001f000-\U0001faff]")  # a letter, a digit or an emoji
PARTS = re.compile(r"[^\W_]+")
TITLE_BONUS = 30
"""More than the score of a word that one of a million descriptions has."""
FUZZINESS = "AUTO:3,6"
BEST_FIRST: Sequence[Json] = ({"_score": "desc"}, {"id": "desc"})


def search_body(wanted: ItemSearch, leniency: Leniency) -> Json:
    terms = [term for term in wanted.text.terms if SEARCHED.search(term.text)]
    exact = [exact_query(term) for term in terms[MAX_FORGIVEN:]]
    return {
        "query": {
            "bool": {
                "should": [*(term_query(term, leniency) for term in terms[:MAX_FORGIVEN]), *exact],
                "minimum_should_match": 1 if leniency is Leniency.ANY else max(1, len(terms)),
                "must_not": [phrase_query(term) for term in wanted.text.excluded],
                "filter": filters(wanted),
            }
        },
        "from": wanted.skip,
        "size": wanted.limit,
        "sort": list(BEST_FIRST),
        "track_scores": True,
        "track_total_hits": MAX_MATCHES,
        "_source": ["title", "description"],
        "highlight": {
            "encoder": "html",
            "pre_tags": ["<mark>"],
            "post_tags": ["</mark>"],
            "type": "fvh",
            "fields": {
                "title": {"number_of_fragments": 0, **both("title")},
                "description": {"number_of_fragments": 3, "fragment_size": 150, **both("description")},
            },
        },
        "aggs": {
            "bands": {
                "range": {"field": "price_cents", "keyed": False, "ranges": list(map(range_of, PRICE_BANDS))}
            },
            "without_price": {"missing": {"field": "price_cents"}},
        },
    }


def both(field: str) -> Json:
    """Mark matches of stems and of whole words alike."""
    return {"matched_fields": [field, f"{field}.words"]}


def term_query(term: Term, leniency: Leniency) -> Json:
    parts = PARTS.findall(term.text)
    if leniency is Leniency.EXACT or term.is_phrase or not are_words(parts):
        return exact_query(term)
    queries = [exact_query(term, boost=10)]
    queries.append(
        multi_match(term.text, WORDS, fuzziness=FUZZINESS, operator="and", max_expansions=20, boost=0.2)
    )
    if len(parts[-1]) >= shortest_prefix(parts[-1]):
        longer = multi_match(term.text, WORDS, type="bool_prefix", operator="and", max_expansions=50, boost=5)
        queries.append(longer)
    return {"bool": {"should": queries}}


def exact_query(term: Term, boost: float = 1) -> Json:
    """Rank each match in a title above those in descriptions, however rare a word is in these."""
    in_title = {"match_phrase": {"title": term.text}}
    bonus = {"constant_score": {"filter": in_title, "boost": TITLE_BONUS}}
    return {"bool": {"should": [phrase_query(term), bonus], "boost": boost}}


def phrase_query(term: Term) -> Json:
    """Match the words one after the other; most terms are one word."""
    return multi_match(term.text, STEMS, type="phrase")


def multi_match(text: str, fields: Sequence[str], **options: object) -> Json:
    return {"multi_match": {"query": text, "fields": list(fields), **options}}


def filters(wanted: ItemSearch) -> list[Json]:
    limits = {"gte": wanted.min_price_cents, "lte": wanted.max_price_cents}
    price = {name: cents for name, cents in limits.items() if cents is not None}
    owner = [{"term": {"owner_id": str(wanted.owner_id)}}] if wanted.owner_id else []
    return [*owner, *([{"range": {"price_cents": price}}] if price else [])]


def range_of(band: PriceBand) -> Json:
    """Return the range as the engine wants it, without its upper end."""
    return {"from": band.minimum} | ({} if band.maximum is None else {"to": band.maximum + 1})


def suggest_body(typed: str, limit: int, *, forgiving: bool) -> Json:
    """Match titles with these words one after the other, the last maybe unfinished; forgiving, with typos."""
    if forgiving:
        query: Json = {"intervals": {"title.prefixes": {"all_of": similar_in_order(typed)}}}
    else:
        query = {"match_phrase_prefix": {"title.words": {"query": typed, "max_expansions": 100}}}
    return {
        "query": query,
        "size": limit,
        "collapse": {"field": "title.exact"},
        "sort": [{"_score": "desc"}, {"title.exact": "asc"}],
        "track_total_hits": False,
        "_source": ["title"],
    }


def similar_in_order(typed: str) -> Json:
    words = [word.lower() for word in PARTS.findall(typed)]
    rules = [{"fuzzy": {"term": word, "fuzziness": "AUTO:3,5", "prefix_length": 1}} for word in words]
    return {"ordered": True, "max_gaps": 0, "intervals": rules}


def can_be_corrected(typed: str) -> bool:
    words = PARTS.findall(typed)
    return are_words(words) and len(words) <= MAX_FORGIVEN


def are_words(parts: Sequence[str]) -> bool:
    """Say whether there are any, and none is too long for a word."""
    return bool(parts) and max(map(len, parts)) <= MAX_WORD
