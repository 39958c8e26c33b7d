"""Measures of a ranking, each from 0 to 1.

- Recall, with a denominator that a page of `k` can reach: min(k, relevant).
- Reciprocal rank: Voorhees, "The TREC-8 Question Answering Track Report", 1999.
- nDCG: Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques", ACM TOIS 20(4), 2002.
  The gain 2^grade - 1 and the discount log2(rank + 1) are those of Burges et al., "Learning to Rank using
  Gradient Descent", ICML 2005.

`grades` has the grade of each relevant item, all above 0; `found` is the ranking, best first, none twice.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import log2
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def recall(found: Sequence[K], grades: Mapping[K, int], k: int) -> float:
    """Return the share of what a page of `k` could show that it shows."""
    return sum(item in grades for item in found[:k]) / min(k, len(grades))


def reciprocal_rank(found: Sequence[K], grades: Mapping[K, int]) -> float:
    """Return 1 for a relevant item at the first place, 1/2 at the second, 0 for none."""
    ranks = (rank for rank, item in enumerate(found, start=1) if item in grades)
    return 1 / next(ranks, float("inf"))


def ndcg(found: Sequence[K], grades: Mapping[K, int], k: int) -> float:
    """Return the discounted gain, relative to that of the best ranking."""
    gained = (grades.get(item, 0) for item in found[:k])
    best = sorted(grades.values(), reverse=True)[:k]
    return dcg(gained) / dcg(best)


def dcg(grades: Iterable[int]) -> float:
    return sum(((1 << grade) - 1) / log2(rank + 1) for rank, grade in enumerate(grades, start=1))
