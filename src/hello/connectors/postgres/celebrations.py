"""Who celebrates, soonest first: a few ranges of one index, each read as far as the page has room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from sqlalchemy import Integer, SmallInteger, Text, TextClause, bindparam, text
from sqlalchemy.types import TypeEngine

from hello.entities.birthdays import BirthdayGroup, leap_year_date, month_day

# The inner limit is written out for the planner, which would take a parameter for a tenth of the rows.
RANGE = """
range_{number} AS MATERIALIZED (
    SELECT *, :place_{number} AS place,
        CASE WHEN :first_{number} = :last_{number} THEN 0 ELSE month_day END AS within
    FROM (
        SELECT username, date_of_birth, month_day
        FROM people
        WHERE (month_day, username) > (:first_{number}, :name_{number}) AND month_day <= :last_{number}
        ORDER BY month_day, username
        LIMIT {limit}
    ) AS person
    LIMIT greatest({limit}{taken}, 0)
)"""
TAKEN = " - (SELECT count(*) FROM range_{earlier} WHERE place < :place_{number})"
PAGE = """
WITH {ranges}
SELECT username, date_of_birth, month_day
FROM ({union}) AS found
ORDER BY place, within, username
LIMIT {limit}
"""
# One value: as rows, ten thousand people would cost the event loop 30 ms.
AS_TEXT = """
SELECT coalesce(string_agg(username || to_char(date_of_birth, 'YYYYMMDD'), E'\\n'), '') FROM ({page}) AS page
"""
TYPES: Sequence[tuple[str, type[TypeEngine[Any]]]] = [
    ("first", SmallInteger),
    ("last", SmallInteger),
    ("name", Text),
    ("place", Integer),
]


@dataclass(frozen=True, slots=True)
class IndexRange:
    """Those born from `first` to `last` (`month_day`); who is born on `first` celebrates in `in_days`."""

    in_days: int
    first: int
    last: int


@lru_cache(maxsize=1000)
def celebrating(ranges: int, limit: int) -> TextClause:
    """Return the statement for so many ranges; those that start on the same day are merged by name."""
    numbers = range(ranges)
    parts = [RANGE.format(number=number, limit=limit, taken=taken_before(number)) for number in numbers]
    union = " UNION ALL ".join(f"SELECT * FROM range_{number}" for number in numbers)  # noqa: S608
    return with_types(PAGE.format(ranges=",".join(parts), union=union, limit=limit), ranges)


@lru_cache(maxsize=100)
def celebrating_text(ranges: int, limit: int) -> TextClause:
    return with_types(AS_TEXT.format(page=celebrating(ranges, limit).text), ranges)


def taken_before(number: int) -> str:
    return "".join(TAKEN.format(earlier=earlier, number=number) for earlier in range(number))


def with_types(statement: str, ranges: int) -> TextClause:
    """Say what each parameter is, which PostgreSQL could not tell everywhere."""
    typed = [bindparam(f"{name}_{number}", type_=kind) for name, kind in TYPES for number in range(ranges)]
    return text(statement).bindparams(*typed)


def parameters_of(ranges: Sequence[IndexRange], after: tuple[int, str]) -> dict[str, object]:
    parameters: dict[str, object] = {}
    for number, days in enumerate(ranges):
        parameters |= {
            f"first_{number}": days.first,
            f"last_{number}": days.last,
            f"name_{number}": after[1] if days.in_days == after[0] else "",
            f"place_{number}": days.in_days,
        }
    return parameters


def ranges_of(groups: Sequence[BirthdayGroup], first: int) -> list[IndexRange]:
    """Join the groups of days that follow each other, from `in_days` = `first` on.

    Groups that share a day stay apart. So a whole year is six ranges at most, two of them the leapers' day.
    """
    return [
        IndexRange(joined[0].in_days, joined[0].month_day, joined[-1].month_day)
        for joined in runs_of([group for group in groups if group.in_days >= first])
    ]


def runs_of(groups: Sequence[BirthdayGroup]) -> Iterator[Sequence[BirthdayGroup]]:
    shared = {group.in_days for group, following in pairwise(groups) if group.in_days == following.in_days}
    run: list[BirthdayGroup] = []
    for group in groups:
        if run and not (is_next(run[-1], group) and shared.isdisjoint({run[-1].in_days, group.in_days})):
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def is_next(group: BirthdayGroup, following: BirthdayGroup) -> bool:
    """Say whether `following` comes next in the index for any rows: 29 February is between its days."""
    next_born = month_day(leap_year_date(group.month_day) + timedelta(1))
    return group.month_day < following.month_day == next_born
