"""The promises of lookups of birthdays, kept by the twins and by PostgreSQL alike."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

import pytest

from hello.entities.birthdays import LeapDay, groups_between, leap_year_date, month_day
from hello.services.lookups import BirthdayPage, BirthdayPageKey, Lookups
from hello.services.ports import Begin
from tests.contracts.connectors.postgres.lookup_tools import LookupStore, all_of, found_nowait

DAYS = [date(2026, 2, 27), date(2026, 3, 1), date(2027, 3, 2), date(2028, 2, 28), date(2026, 12, 30)]
START = (-1, "")
MAY_17 = date(2026, 5, 17)


@pytest.fixture
def lookups(lookup_store: LookupStore) -> Lookups:
    return lookup_store.lookups


@pytest.fixture
def begin(lookup_store: LookupStore) -> Begin:
    return lookup_store.begin


async def save(begin: Begin, births: Mapping[str, date]) -> None:
    async with begin() as tx:
        await tx.people.save(births, [])


def key_of(
    day: date, first: int, last: int, after: tuple[int, str] = START, limit: int = 20
) -> BirthdayPageKey:
    return BirthdayPageKey(day, first, last, LeapDay.MAR1, after, limit)


def found_in(page: BirthdayPage | None) -> Sequence[tuple[int, str]]:
    assert page
    return [(person.in_days, person.username) for person in page.people]


async def test_birthdays_are_ordered_by_day_and_name(lookups: Lookups, begin: Begin) -> None:
    births = {"B": date(1990, 5, 17), "a": date(1980, 5, 17), "A": date(1, 5, 18), "C": date(1990, 5, 19)}
    await save(begin, births)
    page = await lookups.birthday_pages.find(key_of(MAY_17, 0, 1))
    assert page
    assert [(one.username, one.born, one.day, one.in_days, one.turns) for one in page.people] == [
        ("B", births["B"], MAY_17, 0, 36),
        ("a", births["a"], MAY_17, 0, 46),
        ("A", births["A"], MAY_17 + timedelta(1), 1, 2025),
    ]
    assert (page.day, page.last) == (MAY_17, None)


async def test_a_page_goes_on_after_a_name_and_says_where_it_ends(lookups: Lookups, begin: Begin) -> None:
    await save(begin, dict.fromkeys("Bac", date(1990, 5, 17)) | dict.fromkeys("AZ", date(1990, 5, 18)))
    find = lookups.birthday_pages.find
    page = await find(key_of(MAY_17, 0, 7, (0, "B"), 3))
    assert page
    assert (found_in(page), page.last) == ([(0, "a"), (0, "c"), (1, "A")], (1, "A"))
    rest = await find(key_of(MAY_17, 0, 7, (1, "A"), 3))
    assert rest
    assert (found_in(rest), rest.last) == ([(1, "Z")], None)
    assert found_in(await find(key_of(MAY_17, 0, 7, (1, "Z"), 3))) == []


async def test_days_that_are_passed_over_are_left_out(lookups: Lookups, begin: Begin) -> None:
    await save(begin, {f"P{day}": date(1990, 5, day) for day in range(17, 21)})
    find = lookups.birthday_pages.find
    assert found_in(await find(key_of(MAY_17, 1, 2))) == [(1, "P18"), (2, "P19")]
    assert found_in(await find(key_of(MAY_17, 1, 3, (2, "")))) == [(2, "P19"), (3, "P20")]


async def test_without_people_pages_and_texts_are_empty(lookups: Lookups) -> None:
    for key in (key_of(MAY_17, 0, 0), key_of(MAY_17, 1, 366), key_of(MAY_17, 1, 7, (9, "John"))):
        assert await lookups.birthday_pages.find(key) == (MAY_17, [], None)
        assert not await lookups.birthday_texts.find(key)


@pytest.mark.parametrize("rule", LeapDay)
@pytest.mark.parametrize("day", DAYS, ids=str)
async def test_pages_of_a_year_ahead_are_in_order_and_complete(
    lookups: Lookups, begin: Begin, day: date, rule: LeapDay
) -> None:
    """Those who share a day with leapers come by name with them."""
    births = {
        f"{first}{month * 'x'}{born * 'y'}": leap_year_date(100 * month + born)
        for first, month, born in itertools.product("Az", (1, 2, 3, 12), (1, 27, 28, 29))
    }
    await save(begin, births)
    in_days = {group.month_day: group.in_days for group in groups_between(day, 0, 366, rule)}
    wanted = sorted((in_days[month_day(on)], name) for name, on in births.items())
    key = BirthdayPageKey(day, 0, 366, rule, START, 5)
    assert await everyone(lookups, key) == wanted
    text = await lookups.birthday_texts.find(key._replace(limit=1000))
    assert text == "\n".join(f"{name}{births[name]:%Y%m%d}" for _, name in wanted)


async def everyone(lookups: Lookups, key: BirthdayPageKey) -> Sequence[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    while page := await lookups.birthday_pages.find(key):
        found += found_in(page)
        if page.last is None:
            break
        key = key._replace(after=page.last)
    return found


async def test_pages_that_share_a_statement_are_as_each_alone(lookups: Lookups, begin: Begin) -> None:
    random = Random(1)  # noqa: S311
    names = [f"P{'x' * number}" for number in range(300)]
    await save(begin, {name: date(1996, 1, 1) + timedelta(random.randrange(366)) for name in names})
    days = [date(2026, 2, 25) + timedelta(offset) for offset in range(7)]
    wanted = [
        BirthdayPageKey(
            random.choice(days),
            random.randrange(2),
            random.randrange(1, 366),
            random.choice(list(LeapDay)),
            (random.randrange(-1, 400), random.choice(names)),
            random.randrange(1, 50),
        )
        for _ in range(120)
    ]
    alone = [await lookups.birthday_pages.find(key) for key in wanted]
    assert sum(len(found_in(page)) for page in alone) > 500
    assert await all_of(lookups.birthday_pages, wanted) == alone
    texts = [await lookups.birthday_texts.find(key) for key in wanted[:20]]
    assert await all_of(lookups.birthday_texts, wanted[:20]) == texts
    assert await found_nowait(lookups.birthday_pages, wanted[0]) == await lookups.birthday_pages.find(
        wanted[0]
    )


async def test_a_page_shows_what_was_saved_before_it_was_asked_for(lookups: Lookups, begin: Begin) -> None:
    key = key_of(MAY_17, 0, 7)
    for number in range(20):
        waiting = [asyncio.create_task(lookups.birthday_pages.find(key)) for _ in range(3)]
        await asyncio.sleep(0)
        name = f"P{'x' * number}"
        await save(begin, {name: date(1990, 5, 18)})
        assert (1, name) in found_in(await lookups.birthday_pages.find(key))
        await asyncio.gather(*waiting)
