"""Engines side by side: the groups of queries as rows, and the queries that an engine answers worst."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from benchmarks.markdown import table
from benchmarks.relevance.grades import Grade
from benchmarks.relevance.judge import Outcome, Report, Score
from benchmarks.relevance.queries import Query

MEASURES = ("nDCG@10", "recall@10", "MRR", "ruled out")
ALL = "all"
TOP = 3
GRADES = (Grade.EXACT, Grade.PARTLY_TITLE, Grade.DESCRIPTION)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Reports by engine, all of the same queries."""

    reports: Mapping[str, Report]

    @property
    def head(self) -> Sequence[str]:
        return "group", "queries", *(f"{name} {measure}" for name in self.reports for measure in MEASURES)

    def rows(self) -> Iterator[Sequence[str]]:
        some = next(iter(self.reports.values()))
        for group in some.groups:
            count = sum(outcome.query.group == group for outcome in some.outcomes)
            yield row(group, count, [report.groups[group] for report in self.reports.values()])
        yield row(ALL, len(some.outcomes), [report.total for report in self.reports.values()])

    def markdown(self) -> str:
        return table(self.head, self.rows(), numbers=len(self.head) - 1) + "\n"

    def rich(self) -> Table:
        return rich_table(self.head, self.rows(), numbers=len(self.head) - 1)


def row(group: str, count: int, scores: Sequence[Score]) -> Sequence[str]:
    return group, str(count), *(cell for score in scores for cell in cells(score))


def cells(score: Score) -> Sequence[str]:
    measures = (score.ndcg, score.recall, score.reciprocal_rank)
    return *(f"{measure:.3f}" for measure in measures), f"{score.ruled_out:.0f}"


def worst_markdown(report: Report, count: int) -> str:
    """Return a table of the queries with the lowest nDCG, and of what the engine found first."""
    rows = (worst_row(outcome) for outcome in report.worst(count))
    return table(("query", "group", "nDCG@10", "recall@10", "found first"), rows) + "\n"


def worst_row(outcome: Outcome) -> Sequence[str]:
    ndcg, recall, *_ = cells(outcome.score)
    titles = "; ".join(item.title for item in outcome.found[:TOP]) or "nothing"
    return outcome.query.text, outcome.query.group, ndcg, recall, titles


def query_list(queries: Sequence[Query]) -> Table:
    """Return all queries with the number of items of each grade."""
    head = ("group", "query", *map(str, GRADES), "ruled out")
    rows = (
        (
            query.group,
            query.text,
            *(str(query.count(grade)) for grade in GRADES),
            str(len(query.ruled_out)),
        )
        for query in queries
    )
    return rich_table(head, rows, numbers=4)


def rich_table(head: Sequence[str], rows: Iterator[Sequence[str]], numbers: int) -> Table:
    """Align the last so many columns to the right."""
    made = Table()
    for number, name in enumerate(head):
        made.add_column(name, justify="right" if number >= len(head) - numbers else "left")
    for cells_of_row in rows:
        made.add_row(*cells_of_row)
    return made
