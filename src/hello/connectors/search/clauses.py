"""The words of a query as an engine counts them: it refuses a query that looks for too many."""

import re
from collections.abc import Sequence
from itertools import accumulate

from hello.entities.search import MAX_FORGIVEN, MAX_WORD, Term

MAX_CLAUSES = 1000
"""OpenSearch refuses a query of more than 1,024 clauses, and Elasticsearch with little memory as well."""
MAX_SIMILAR = 20
"""How many similar words are looked for in each field."""
FIELDS = 2
EXACT_CLAUSES = FIELDS + 1
"""A term is a phrase in each field, and once more in the title."""
SHORTEST_SIMILAR = 3
"""Shorter words have no similar ones."""
MAX_TITLE_WORDS = 200
"""A title has 200 characters."""

SINGLE = (
    "\u3040-\u309f\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Hiragana and ideographs
    "\u2600-\u27bf\U0001f000-\U0001faff"  # emoji
)
"""Each of these characters is a word for an engine."""
WORDS = re.compile(f"[{SINGLE}]|[^\\W_{SINGLE}]+")
PARTS = re.compile(r"[^\W_]+")


def has_word(text: str) -> bool:
    return WORDS.search(text) is not None


def parts_of(text: str) -> Sequence[str]:
    """Return what stands between spaces and signs."""
    return PARTS.findall(text)


def are_words(parts: Sequence[str]) -> bool:
    """Say whether there are any, and none is too long for a word."""
    return bool(parts) and max(map(len, parts)) <= MAX_WORD


def can_be_title(text: str) -> bool:
    return len(WORDS.findall(text)) <= MAX_TITLE_WORDS


def count_forgiven(terms: Sequence[Term], excluded: Sequence[Term]) -> int:
    """Return how many terms, from the first on, may have a typo without too many clauses."""
    left = MAX_CLAUSES - EXACT_CLAUSES * (len(terms) + len(excluded))
    needed = accumulate(forgiving_clauses(term.text) for term in terms[:MAX_FORGIVEN])
    return sum(clauses <= left for clauses in needed)


def forgiving_clauses(text: str) -> int:
    """Count each word and what is similar to it, and each word or the longer words that it starts."""
    similar = (MAX_SIMILAR if len(word) >= SHORTEST_SIMILAR else 1 for word in WORDS.findall(text))
    return FIELDS * sum(number + 1 for number in similar)
