"""An engine's report: what it finds against the grades, and answers that cannot be one."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

import pytest
from benchmarks.errors import BenchError
from benchmarks.relevance.grades import Grade
from benchmarks.relevance.items import JudgedItem
from benchmarks.relevance.judge import K, Report, Search, judge
from benchmarks.relevance.queries import Query
from benchmarks.relevance.report import Comparison, query_list, worst_markdown


def an_item(title: str) -> JudgedItem:
    return JudgedItem(
        id=uuid4(),
        title=title,
        description="",
        price_cents=1,
        product=frozenset(),
        title_concepts=(),
        description_concepts=(),
    )


ITEMS = [an_item(title) for title in ("Red kite", "Kite string", "Bell")]
KITE, STRING, BELL = (item.id for item in ITEMS)
QUERIES = [
    Query("plain words", "kite", {KITE: Grade.EXACT, STRING: Grade.PARTLY_TITLE}, frozenset()),
    Query("plain words", "bell", {BELL: Grade.EXACT}, frozenset()),
    Query("minus words", "kite -string", {KITE: Grade.EXACT}, frozenset({STRING})),
]
PERFECT = {"kite": [KITE, STRING], "bell": [BELL], "kite -string": [KITE]}
POOR: Mapping[str, Sequence[UUID]] = {"kite": [BELL, KITE], "bell": [], "kite -string": [STRING, KITE]}


def engine(answers: Mapping[str, Sequence[UUID]]) -> Search:
    async def search(text: str, limit: int) -> Sequence[UUID]:
        return answers[text][:limit]

    return search


async def report(answers: Mapping[str, Sequence[UUID]]) -> Report:
    return await judge(engine(answers), ITEMS, QUERIES)


async def test_perfect_engine_has_full_marks() -> None:
    total = (await report(PERFECT)).total
    assert (total.ndcg, total.recall, total.reciprocal_rank, total.ruled_out) == (1, 1, 1, 0)


async def test_groups_have_their_means() -> None:
    groups = (await report(POOR)).groups
    assert list(groups) == ["plain words", "minus words"]
    assert groups["plain words"].recall == pytest.approx((1 / 2 + 0) / 2)
    assert groups["plain words"].reciprocal_rank == pytest.approx((1 / 2 + 0) / 2)
    assert groups["minus words"].reciprocal_rank == 1 / 2
    assert groups["minus words"].ruled_out == 1


async def test_every_query_has_the_same_weight() -> None:
    assert (await report(POOR)).total.recall == pytest.approx((1 / 2 + 0 + 1) / 3)


async def test_worst_queries_come_first() -> None:
    worst = (await report(POOR)).worst(2)
    assert [outcome.query.text for outcome in worst] == ["bell", "kite"]


async def test_ruled_out_items_are_worse_than_none() -> None:
    worst = (await report({**POOR, "kite -string": [STRING]})).worst(3)
    assert [outcome.query.text for outcome in worst] == ["kite -string", "bell", "kite"]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([KITE, KITE], "twice"),
        ([uuid4()], "not in the collection"),
        ([uuid4() for _ in range(K + 1)], "at most"),
    ],
)
async def test_answers_that_cannot_be_one_are_refused(found: Sequence[UUID], reason: str) -> None:
    async def search(_text: str, _limit: int) -> Sequence[UUID]:
        return found

    with pytest.raises(BenchError, match=reason):
        await judge(search, ITEMS, QUERIES)


async def test_engines_are_side_by_side() -> None:
    comparison = Comparison({"good": await report(PERFECT), "poor": await report(POOR)})
    head, rule, *rows = comparison.markdown().splitlines()
    assert rule == "| --- " + 9 * "| ---: " + "|"
    assert head.startswith(
        "| group | queries | good nDCG@10 | good recall@10 | good MRR | good ruled out | poor n"
    )
    assert [row.split(" | ")[:6] for row in rows] == [
        ["| plain words", "2", "1.000", "1.000", "1.000", "0"],
        ["| minus words", "1", "1.000", "1.000", "1.000", "0"],
        ["| all", "3", "1.000", "1.000", "1.000", "0"],
    ]
    assert rows[1].endswith("| 1.000 | 0.500 | 1 |")
    assert comparison.rich().row_count == len(rows)


async def test_worst_queries_are_listed_with_what_was_found() -> None:
    rows = worst_markdown(await report(POOR), 2).splitlines()[2:]
    assert rows[0] == "| bell | plain words | 0.000 | 0.000 | nothing |"
    assert rows[1].endswith("| Bell; Red kite |")


def test_queries_are_listed_with_counts() -> None:
    listed = query_list(QUERIES)
    assert listed.row_count == len(QUERIES)
    first = [next(iter(column.cells)) for column in listed.columns]
    assert first == ["plain words", "kite", "1", "1", "0", "0"]
