"""What a query asks for, and how well an item answers it: a rule on hidden facets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from benchmarks.relevance.items import JudgedItem

Term = frozenset[str]
"""The concepts that satisfy a word of a query: one, or for a prefix all that begin with it."""


class Grade(IntEnum):
    NONE = 0
    DESCRIPTION = 1
    PARTLY_TITLE = 2
    EXACT = 3


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All concepts of a collection, and those that name its products."""

    concepts: frozenset[str]
    product_words: frozenset[str]

    @classmethod
    def of(cls, items: Iterable[JudgedItem]) -> Self:
        concepts: set[str] = set()
        product_words: set[str] = set()
        for item in items:
            concepts.update(item.title_concepts, item.description_concepts)
            product_words |= item.product
        return cls(frozenset(concepts - {""}), frozenset(product_words))

    def term(self, word: str) -> Term:
        """Raise `LookupError` for a word that no item knows."""
        found = {word} & self.concepts
        if word.endswith("*"):
            found = {concept for concept in self.concepts if concept.startswith(word[:-1])}
        if not found:
            raise LookupError(f"no item of the collection knows {word!r}")
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Meaning:
    """All `terms` are asked for, side by side in this order for a phrase; no `excluded` one may occur."""

    terms: Sequence[Term]
    excluded: frozenset[str]
    is_phrase: bool
    names_product: bool

    @classmethod
    def parse(cls, text: str, vocabulary: Vocabulary) -> Self:
        """Read `red bicyc* -metal`, or a phrase in quotes; `500_ml` is one concept."""
        words = text.replace('"', " ").split()
        terms = [vocabulary.term(word) for word in words if word[0] != "-"]
        excluded = [vocabulary.term(word[1:]) for word in words if word[0] == "-"]
        return cls(
            terms,
            frozenset[str]().union(*excluded),
            is_phrase='"' in text,
            names_product=any(term & vocabulary.product_words for term in terms),
        )

    def grade(self, item: JudgedItem) -> Grade:
        """Return `NONE` unless all is there that is asked for, and nothing that is excluded."""
        if not self.wants(item) or self.rules_out(item):
            return Grade.NONE
        in_title = self.found_in(item.title_concepts)
        if all(in_title) and (not self.names_product or self.is_product_of(item)):
            return Grade.EXACT
        return Grade.PARTLY_TITLE if any(in_title) else Grade.DESCRIPTION

    def found_in(self, text: Sequence[str]) -> Sequence[bool]:
        """Say for each term whether it occurs; a phrase occurs as a whole."""
        if self.is_phrase:
            return [has_phrase(text, self.terms)]
        return [not term.isdisjoint(text) for term in self.terms]

    def wants(self, item: JudgedItem) -> bool:
        """Say whether all words occur, wherever they stand."""
        concepts = {*item.title_concepts, *item.description_concepts}
        return all(not term.isdisjoint(concepts) for term in self.terms)

    def rules_out(self, item: JudgedItem) -> bool:
        """Say whether an excluded word occurs, or the words are never side by side as the phrase has them."""
        texts = (item.title_concepts, item.description_concepts)
        if any(not self.excluded.isdisjoint(text) for text in texts):
            return True
        return self.is_phrase and not any(has_phrase(text, self.terms) for text in texts)

    def is_product_of(self, item: JudgedItem) -> bool:
        return item.product <= frozenset[str]().union(*self.terms)


def has_phrase(text: Sequence[str], terms: Sequence[Term]) -> bool:
    starts = range(len(text) - len(terms) + 1)
    return any(all(word in term for word, term in zip(text[start:], terms, strict=False)) for start in starts)
