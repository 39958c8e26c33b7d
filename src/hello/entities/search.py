"""What is searched for, read alike for every engine; and the price bands that results are counted in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from hello.entities.errors import InvalidError

TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
MAX_MATCHES = 10_000
"""How many matches are ranked and counted; further ones are not seen (Elasticsearch has the same default)."""
MAX_FORGIVEN = 8
"""How many words of a search may have a typo: to look for similar words costs an engine much."""
MAX_WORD = 40
"""Longer words are no words that a typo could be corrected to (migration 0016)."""
BAND_STARTS = (0, 1000, 2500, 5000, 10_000, 25_000)


def shortest_prefix(word: str) -> int:
    """Return how long a word must be to stand for longer ones; a syllable may be one character."""
    return 3 if word.isascii() else 2


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or the words of a phrase, as they were typed."""

    text: str
    is_phrase: bool = False


@dataclass(frozen=True, slots=True)
class SearchText:
    """All `terms` must be found, and none of `excluded`."""

    terms: Sequence[Term]
    excluded: Sequence[Term] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read words, `"a phrase"` and `-excluded`; raise `InvalidError` when nothing is looked for."""
        terms: list[Term] = []
        excluded: list[Term] = []
        for match in TERM.finditer(text):
            phrase = match["phrase"]
            term = Term(match["word"] if phrase is None else phrase, phrase is not None)
            if term.text.strip():
                (excluded if match["minus"] else terms).append(term)
        if not terms:
            raise InvalidError("must contain a word to search for", field="q")
        return cls(tuple(terms), tuple(excluded))


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Prices from `minimum` to `maximum`, both included, in cents; without a maximum for the last band."""

    minimum: int
    maximum: int | None


PRICE_BANDS = (
    *(PriceBand(start, following - 1) for start, following in pairwise(BAND_STARTS)),
    PriceBand(BAND_STARTS[-1], None),
)
