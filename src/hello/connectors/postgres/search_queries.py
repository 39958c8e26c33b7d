"""The text of `to_tsquery` for what is searched for: each word is quoted, so none is an operator."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

Similar = Mapping[str, Collection[str]]
"""Words that are stored, by the word that was typed."""


@dataclass(frozen=True, slots=True)
class Words:
    """A term as `search_text` gives it: one word, or more in a phrase, with a hyphen, or of ideographs."""

    words: Sequence[str]
    is_phrase: bool


@dataclass(frozen=True, slots=True)
class NormalizedText:
    terms: Sequence[Words]
    excluded: Sequence[Words]

    @property
    def loose_words(self) -> list[str]:
        """Return the words of terms that are no phrases."""
        return [word for term in self.terms if not term.is_phrase for word in term.words]

    def exact(self) -> str:
        """Return the query for all the terms, and none of what is excluded; empty without any term."""
        return all_of([phrase(term.words) for term in self.terms], self._exclusions())

    def forgiving(self, similar: Similar) -> str:
        """Return the query in which a similar or longer word counts as the word."""
        return all_of([forgiving_term(term, similar) for term in self.terms], self._exclusions())

    def any(self, similar: Similar) -> str:
        """Return the query for which one of the terms is enough."""
        terms = " | ".join(forgiving_term(term, similar) for term in self.terms)
        return all_of([f"({terms})"], self._exclusions())

    def _exclusions(self) -> list[str]:
        return [f"!{phrase(term.words)}" for term in self.excluded]


def all_of(terms: Sequence[str], exclusions: Sequence[str]) -> str:
    return " & ".join([*terms, *exclusions]) if terms else ""


def forgiving_term(term: Words, similar: Similar) -> str:
    if term.is_phrase:
        return phrase(term.words)
    return all_of([alternatives(word, similar.get(word, ())) for word in term.words], ())


def alternatives(word: str, similar: Collection[str]) -> str:
    return f"({' | '.join(map(quoted, [word, *similar]))})"


def phrase(words: Sequence[str]) -> str:
    return f"({' <-> '.join(map(quoted, words))})"


def quoted(word: str) -> str:
    """Quote a word for `to_tsquery` (PostgreSQL, 8.11.2)."""
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
