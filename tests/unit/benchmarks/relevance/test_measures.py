"""Recall, reciprocal rank and nDCG against values computed by hand and published ones."""

from math import log2

import pytest
from benchmarks.relevance.measures import dcg, ndcg, recall, reciprocal_rank

GRADES = {"a": 3, "b": 2, "c": 1}


@pytest.mark.parametrize(
    ("found", "k", "share"),
    [
        ("abc", 10, 1),
        ("xaxb", 10, 2 / 3),
        ("xyz", 10, 0),
        ("", 10, 0),
        ("ab", 2, 1),
        ("xabc", 2, 1 / 2),
        ("xyabc", 2, 0),
    ],
)
def test_recall_is_the_share_of_what_fits(found: str, k: int, share: float) -> None:
    assert recall(found, GRADES, k) == pytest.approx(share)


def test_recall_of_ten_among_many_can_be_one() -> None:
    assert recall(range(10), dict.fromkeys(range(500), 1), 10) == 1


@pytest.mark.parametrize(
    ("found", "value"), [("abc", 1), ("xc", 1 / 2), ("xyzab", 1 / 4), ("xyz", 0), ("", 0)]
)
def test_reciprocal_rank_is_that_of_the_first_relevant_item(found: str, value: float) -> None:
    assert reciprocal_rank(found, GRADES) == value


def test_mean_of_voorhees_ranks() -> None:
    """Ranks 3, 2 and 1 have the mean reciprocal rank 11/18, an example of the literature."""
    ranks = [reciprocal_rank(found, {"a": 1}) for found in ("xya", "xa", "a")]
    assert sum(ranks) / 3 == pytest.approx(11 / 18)


def test_dcg_of_the_published_example() -> None:
    """The grades 3, 2, 3, 0, 1, 2 with exponential gain, as textbooks compute them."""
    assert dcg([3, 2, 3, 0, 1, 2]) == pytest.approx(13.848, abs=0.001)
    assert dcg([3, 3, 2, 2, 1, 0]) == pytest.approx(14.595, abs=0.001)


def test_ndcg_of_the_published_example() -> None:
    grades = {"a": 3, "b": 2, "c": 3, "e": 1, "f": 2}
    assert ndcg("abcdef", grades, 6) == pytest.approx(0.9488, abs=0.0001)


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("abc", 1),
        ("ab", (7 + 3 / log2(3)) / (7 + 3 / log2(3) + 1 / 2)),
        ("xa", (7 / log2(3)) / (7 + 3 / log2(3) + 1 / 2)),
        ("xyz", 0),
        ("", 0),
    ],
)
def test_ndcg_computed_by_hand(found: str, value: float) -> None:
    assert ndcg(found, GRADES, 10) == pytest.approx(value)


def test_ndcg_ignores_what_is_after_the_page() -> None:
    assert ndcg("xab", GRADES, 1) == 0
    assert ndcg("abc", GRADES, 1) == 1


def test_ndcg_prefers_better_items_first() -> None:
    assert ndcg("abc", GRADES, 10) > ndcg("bac", GRADES, 10) > ndcg("cba", GRADES, 10)
