"""Judge a search engine: ask it every query, and compare what it finds with the grades."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Self
from uuid import UUID

from benchmarks.errors import BenchError
from benchmarks.relevance.items import JudgedItem
from benchmarks.relevance.measures import ndcg, recall, reciprocal_rank
from benchmarks.relevance.queries import Query

K = 10
Search = Callable[[str, int], Awaitable[Sequence[UUID]]]
"""Takes the query as typed and how many to find at most; returns ids, best first."""


@dataclass(frozen=True, slots=True)
class Score:
    """`ruled_out` is how many of the first ten hold what the query excludes."""

    recall: float
    reciprocal_rank: float
    ndcg: float
    ruled_out: float

    @classmethod
    def mean(cls, scores: Sequence[Self]) -> Self:
        """Return the mean of the measures, and the sum of what was ruled out."""
        return cls(
            fmean(score.recall for score in scores),
            fmean(score.reciprocal_rank for score in scores),
            fmean(score.ndcg for score in scores),
            sum(score.ruled_out for score in scores),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    query: Query
    found: Sequence[JudgedItem]
    score: Score


@dataclass(frozen=True, slots=True)
class Report:
    """What one engine found."""

    outcomes: Sequence[Outcome]

    @property
    def groups(self) -> Mapping[str, Score]:
        """Return the score of each group, in the order of the queries."""
        names = dict.fromkeys(outcome.query.group for outcome in self.outcomes)
        return {
            name: Score.mean([one.score for one in self.outcomes if one.query.group == name])
            for name in names
        }

    @property
    def total(self) -> Score:
        """Return the score over all queries, each with the same weight."""
        return Score.mean([outcome.score for outcome in self.outcomes])

    def worst(self, count: int) -> Sequence[Outcome]:
        """Return the queries with the lowest nDCG, and with more ruled-out items first among equals."""
        return sorted(self.outcomes, key=lambda one: (one.score.ndcg, -one.score.ruled_out))[:count]


async def judge(search: Search, items: Iterable[JudgedItem], queries: Iterable[Query]) -> Report:
    """Raise `BenchError` for an answer that cannot be one: too long, or with an item twice or unknown."""
    known = {item.id: item for item in items}
    outcomes = []
    for query in queries:
        found = await search(query.text, K)
        check(found, known, query.text)
        outcomes.append(Outcome(query, [known[id_] for id_ in found], score(found, query)))
    return Report(outcomes)


def check(found: Sequence[UUID], known: Mapping[UUID, JudgedItem], text: str) -> None:
    if len(found) > K:
        raise BenchError(f"{text}: {len(found)} items, at most {K} were asked for")
    if len(set(found)) < len(found):
        raise BenchError(f"{text}: an item occurs twice")
    if strangers := [id_ for id_ in found if id_ not in known]:
        raise BenchError(f"{text}: {strangers[0]} is not in the collection")


def score(found: Sequence[UUID], query: Query) -> Score:
    return Score(
        recall(found, query.grades, K),
        reciprocal_rank(found, query.grades),
        ndcg(found, query.grades, K),
        sum(id_ in query.ruled_out for id_ in found),
    )
