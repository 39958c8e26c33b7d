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
        """Return the query for all the terms; empty without any."""
        return " & ".join(phrase(term.words) for term in self.terms)

    def all(self, similar: Similar) -> str:
        """Return the query in which a similar word counts as the word."""
        return " & ".join(forgiving_term(term, similar) for term in self.terms)

    def any(self, similar: Similar) -> str:
        """Return the query for which one of the terms is enough."""
        return " | ".join(forgiving_term(term, similar) for term in self.terms)

    def none(self) -> str:
        """Return the query for what is excluded; empty without any."""
        return " | ".join(phrase(term.words) for term in self.excluded)


def forgiving_term(term: Words, similar: Similar) -> str:
    if term.is_phrase:
        return phrase(term.words)
    return f"({' & '.join(alternatives(word, similar.get(word, ())) for word in term.words)})"


def alternatives(word: str, similar: Collection[str]) -> str:
    return f"({' | '.join(map(quoted, [word, *similar]))})"


def phrase(words: Sequence[str]) -> str:
    return f"({' <-> '.join(map(quoted, words))})"


def quoted(word: str) -> str:
    """Quote a word for `to_tsquery` (PostgreSQL, 8.11.2)."""
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
