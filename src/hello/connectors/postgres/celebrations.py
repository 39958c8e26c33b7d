"""Who celebrates, soonest first: a few ranges of one index, each read as far as the page has room."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from hello.connectors.postgres.batches import BatchedLookup, Batches
from hello.connectors.postgres.prepared_statements import BatchStatement
from hello.entities.birthdays import BirthdayGroup, LeapDay, leap_year_date, month_day, next_celebrations
from hello.services.lookups import BirthdayPage, BirthdayPageKey

# Each page takes its steps one after the other until it is full, in one statement and one snapshot. What a
# step gives is one value: as rows, ten thousand people would cost the event loop 30 ms.
PAGES = """
WITH RECURSIVE step AS MATERIALIZED (
    SELECT * FROM unnest($2::int[], $3::int[], $4::smallint[], $5::smallint[], $6::smallint[], $7::text[])
        AS step (page, number, first, last, other, name)
), found AS (
    SELECT page::int, 0 AS step, room, NULL::text COLLATE "C" AS people
    FROM unnest($1::int[]) WITH ORDINALITY AS wanted (room, page)
    UNION ALL
    SELECT page, step.number, room - taken.count, taken.people
    FROM found JOIN step USING (page) CROSS JOIN LATERAL (
        SELECT count(*)::int AS count,
            string_agg(username || to_char(born, 'YYYYMMDD'), E'\\n' ORDER BY place, username) AS people
        FROM (
            (
                SELECT username, date_of_birth AS born,
                    CASE WHEN step.other IS NULL THEN month_day ELSE 0 END AS place
                FROM people
                WHERE (month_day, username) > (step.first, step.name) AND month_day <= step.last
                ORDER BY month_day, username LIMIT room
            ) UNION ALL (
                SELECT username, date_of_birth, 0 FROM people
                WHERE month_day = step.other AND username > step.name
                ORDER BY username LIMIT room
            )
            ORDER BY place, username LIMIT room
        ) AS person
    ) AS taken
    WHERE step.number = found.step + 1 AND room > 0
)
SELECT page, people FROM found WHERE people IS NOT NULL ORDER BY page, step
"""
PAGES_IN_BATCH, TEXTS_IN_BATCH = 50, 2


class Step(NamedTuple):
    """Those born from `first` to `last` (`month_day`), who celebrate from `in_days` on.

    Those born on `other` celebrate on the same day as the only day of the others; they are merged by name.
    """

    in_days: int
    first: int
    last: int
    other: int | None


def birthday_pages(batches: Batches) -> BatchedLookup[BirthdayPageKey, BirthdayPage]:
    statement = batches.reading(PAGES)

    async def find_all(keys: Mapping[BirthdayPageKey, None]) -> Mapping[BirthdayPageKey, BirthdayPage]:
        wanted = list(keys)
        texts = await read(statement, [key._replace(limit=key.limit + 1) for key in wanted])
        return {key: BirthdayPage.of(text, key) for key, text in zip(wanted, texts, strict=True)}

    return BatchedLookup(batches.batcher("birthday_pages", find_all, batch=PAGES_IN_BATCH))


def birthday_texts(batches: Batches) -> BatchedLookup[BirthdayPageKey, str]:
    """Return the one of long lists, which do not hold up short pages."""
    statement = batches.reading(PAGES)

    async def find_all(keys: Mapping[BirthdayPageKey, None]) -> Mapping[BirthdayPageKey, str]:
        return dict(zip(keys, await read(statement, list(keys)), strict=True))

    return BatchedLookup(batches.batcher("birthday_texts", find_all, batch=TEXTS_IN_BATCH))


async def read(statement: BatchStatement, wanted: Sequence[BirthdayPageKey]) -> Sequence[str]:
    """Return a text for each page: lines of name and day of birth."""
    parts: list[list[str]] = [[] for _ in wanted]
    for page, people in await statement.fetch(*arguments_of(wanted)):
        parts[page - 1].append(people)
    return ["\n".join(part) for part in parts]


def arguments_of(wanted: Sequence[BirthdayPageKey]) -> Sequence[Sequence[object]]:
    steps = [
        (page, number, step.first, step.last, step.other, key.after[1] * (step.in_days == key.after[0]))
        for page, key in enumerate(wanted, 1)
        for number, step in enumerate(steps_of(key.day, key.first, key.last, key.leap_day, key.after[0]), 1)
    ]
    return [[key.limit for key in wanted], *(zip(*steps, strict=True) if steps else [()] * 6)]


@lru_cache(maxsize=1000)
def steps_of(day: date, first: int, last: int, rule: LeapDay, after: int) -> Sequence[Step]:
    """Join the groups of days that follow each other, from `after` days ahead on.

    Groups that share a day are a step of their own. So a whole year is five steps at most.
    """
    groups = [one for one in next_celebrations(day, first, rule).values() if after <= one.in_days <= last]
    steps = []
    for _, same_day in groupby(runs_of(groups), lambda run: run[0].in_days):
        run, *others = same_day
        other = others[0][0].month_day if others else None
        steps.append(Step(run[0].in_days, run[0].month_day, run[-1].month_day, other))
    return steps


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
