"""The bodies of searches: what is typed stands only in values, never in the syntax of a query."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from unicodedata import combining, normalize

from hello.connectors.search.clauses import MAX_SIMILAR, are_words, count_forgiven, has_word, parts_of
from hello.entities.search import MAX_FORGIVEN, MAX_MATCHES, PRICE_BANDS, PriceBand, Term, shortest_prefix
from hello.services.search import ItemSearch, Leniency

Json: TypeAlias = dict[str, Any]
STEMS = ("title^8", "description")
WORDS = ("title.words^8", "description.words")
TITLE_BONUS = 30
"""More than the score of a word that one of a million descriptions has."""
FUZZINESS = "AUTO:3,6"
MAX_SIMILAR_STARTS = 100
"""How many starts of words are looked for that are similar to a typed one; times eight words, few enough."""
BEST_FIRST: Sequence[Json] = ({"_score": "desc"}, {"id": "desc"})


def search_body(wanted: ItemSearch, leniency: Leniency) -> Json:
    terms = [term for term in wanted.text.terms if has_word(term.text)]
    forgiven = count_forgiven(terms, wanted.text.excluded)
    exact = [exact_query(term) for term in terms[forgiven:]]
    return {
        "query": {
            "bool": {
                "should": [*(term_query(term, leniency) for term in terms[:forgiven]), *exact],
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
    parts = parts_of(term.text)
    if leniency is Leniency.EXACT or term.is_phrase or not are_words(parts):
        return exact_query(term)
    queries = [exact_query(term, boost=10), similar_query(term)]
    if len(parts[-1]) >= shortest_prefix(parts[-1]):
        longer = multi_match(term.text, WORDS, type="bool_prefix", operator="and", max_expansions=50, boost=5)
        queries.append(longer)
    return {"bool": {"should": queries}}


def similar_query(term: Term) -> Json:
    options = {"fuzziness": FUZZINESS, "max_expansions": MAX_SIMILAR, "operator": "and", "boost": 0.2}
    return multi_match(term.text, WORDS, **options)


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
    return {
        "query": similar_in_order(typed) if forgiving else continued(typed),
        "size": limit,
        "collapse": {"field": "title.exact"},
        "sort": [{"_score": "desc"}, {"title.exact": "asc"}],
        "track_total_hits": False,
        "_source": ["title"],
    }


def continued(typed: str) -> Json:
    return {"match_phrase_prefix": {"title.words": {"query": typed, "max_expansions": 100}}}


def similar_in_order(typed: str) -> Json:
    """Use spans: with intervals, an engine fails at a word that is similar to many."""
    words = [similar_start(fold(word)) for word in parts_of(typed)]
    return {"span_near": {"clauses": words, "slop": 0, "in_order": True}}


def similar_start(word: str) -> Json:
    options = {"fuzziness": "AUTO:3,5", "prefix_length": 1, "max_expansions": MAX_SIMILAR_STARTS}
    return {"span_multi": {"match": {"fuzzy": {"title.prefixes": {"value": word, **options}}}}}


def fold(word: str) -> str:
    """Write it as the index does: in small letters, Latin ones without accents."""
    return "".join(map(fold_letter, word.lower()))


def fold_letter(letter: str) -> str:
    base = "".join(part for part in normalize("NFKD", letter) if not combining(part))
    return base if base.isascii() else letter


def can_be_corrected(typed: str) -> bool:
    words = parts_of(typed)
    return are_words(words) and len(words) <= MAX_FORGIVEN
