"""The bodies of searches: what is typed stands only in values, never in the syntax of a query."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from hello.entities.search import MAX_MATCHES, PRICE_BANDS, PriceBand, Term
from hello.services.search import ItemSearch, Leniency

Json: TypeAlias = dict[str, Any]
STEMS = ("title^4", "description")
WORDS = ("title.words^4", "description.words")
FUZZINESS = "AUTO:3,6"
BEST_FIRST: Sequence[Json] = ({"_score": "desc"}, {"id": "desc"})


def search_body(wanted: ItemSearch, leniency: Leniency) -> Json:
    return {
        "query": {
            "bool": {
                "should": [term_query(term, leniency) for term in wanted.text.terms],
                "minimum_should_match": 1 if leniency is Leniency.ANY else len(wanted.text.terms),
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
    if leniency is Leniency.EXACT or term.is_phrase:
        return phrase_query(term)
    similar = multi_match(term.text, WORDS, fuzziness=FUZZINESS, operator="and", max_expansions=20, boost=0.2)
    longer = multi_match(term.text, WORDS, type="bool_prefix", operator="and", max_expansions=50, boost=5)
    return {"bool": {"should": [phrase_query(term, boost=10), similar, longer]}}


def phrase_query(term: Term, boost: float = 1) -> Json:
    """Match the words one after the other; most terms are one word."""
    return multi_match(term.text, STEMS, type="phrase", boost=boost)


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
    """Match titles with these words in this order; forgiving, with similar words in any order."""
    if forgiving:
        fuzzy = {"query": typed, "operator": "and", "fuzziness": "AUTO:3,5", "max_expansions": 20}
        query: Json = {"match": {"title.prefixes": fuzzy}}
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
