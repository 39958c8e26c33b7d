"""The judged queries: each with the grades of the items that answer it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID

from benchmarks.relevance.grades import Grade, Meaning, Vocabulary
from benchmarks.relevance.items import JudgedItem
from benchmarks.relevance.query_texts import GROUPS

ARROW = " => "


@dataclass(frozen=True, slots=True)
class Query:
    """`grades` has the relevant items only; `ruled_out` have all words, but also what the query excludes."""

    group: str
    text: str
    grades: Mapping[UUID, Grade]
    ruled_out: frozenset[UUID]

    def count(self, grade: Grade) -> int:
        return sum(given == grade for given in self.grades.values())


def judged_queries(items: Sequence[JudgedItem]) -> Sequence[Query]:
    vocabulary = Vocabulary.of(items)
    return [judged_query(group, text, items, vocabulary) for group, texts in GROUPS.items() for text in texts]


def judged_query(group: str, text: str, items: Iterable[JudgedItem], vocabulary: Vocabulary) -> Query:
    """Judge a query such as `taepot => teapot`: what is typed, and what it means unless it is the same.

    Raise `LookupError` if no item is relevant: no measure is defined then.
    """
    typed, _, meant = text.partition(ARROW)
    meaning = Meaning.parse(meant or typed, vocabulary)
    candidates = [item for item in items if meaning.wants(item)]
    grades = {item.id: grade for item in candidates if (grade := meaning.grade(item))}
    if not grades:
        raise LookupError(f"no item of the collection answers {text!r}")
    ruled_out = frozenset(item.id for item in candidates if meaning.rules_out(item))
    return Query(group, typed, MappingProxyType(grades), ruled_out)


def checksum(queries: Iterable[Query]) -> str:
    """Return a digest of all texts, ids and grades."""
    return sha256("\n".join(lines(queries)).encode()).hexdigest()


def lines(queries: Iterable[Query]) -> Iterator[str]:
    for query in queries:
        yield f"{query.group}: {query.text}"
        yield from sorted(f"{id_} {grade}" for id_, grade in query.grades.items())
        yield from sorted(map(str, query.ruled_out))
