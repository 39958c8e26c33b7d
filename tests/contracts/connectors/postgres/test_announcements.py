"""The promises of the port `Announcements`, kept by the twin and by PostgreSQL alike."""

from datetime import date, timedelta

from hello.entities.birthdays import Celebration
from hello.services.ports import Begin
from tests.support.builders import a_name

BORN, DAY = date(1980, 6, 15), date(2026, 6, 15)
MONTH_DAY, MANY = 615, 1_000_000


async def claimed(begin: Begin, limit: int = MANY, day: date = DAY) -> list[str]:
    async with begin() as tx:
        return [person.username for person in await tx.announcements.claim(day, [MONTH_DAY], limit)]


async def test_each_birthday_is_claimed_once_a_day(begin: Begin) -> None:
    names = sorted(a_name() for _ in range(3))
    async with begin() as tx:
        await tx.people.save(dict.fromkeys(names, BORN) | {a_name(): date(1980, 6, 16)}, [])
    first = await claimed(begin, limit=2)
    rest = await claimed(begin)
    assert len(first) == 2
    assert set(names) <= {*first, *rest}
    assert await claimed(begin) == []
    assert set(names) <= set(await claimed(begin, day=DAY + timedelta(365)))


async def test_claimed_person_celebrates_on_that_day(begin: Begin) -> None:
    name = a_name()
    async with begin() as tx:
        await tx.people.save({name: BORN}, [])
        people = await tx.announcements.claim(DAY, [MONTH_DAY], MANY)
    assert Celebration(name, BORN, DAY, 0) in people


async def test_person_added_after_a_claim_is_claimed_too(begin: Begin) -> None:
    await claimed(begin)
    name = a_name()
    async with begin() as tx:
        await tx.people.save({name: BORN}, [])
    assert await claimed(begin) == [name]


async def test_old_announcements_are_removed(begin: Begin) -> None:
    name = a_name()
    async with begin() as tx:
        await tx.people.save({name: BORN}, [])
    await claimed(begin)
    async with begin() as tx:
        await tx.announcements.forget(DAY)
    assert await claimed(begin) == []
    async with begin() as tx:
        await tx.announcements.forget(DAY + timedelta(1))
    assert name in await claimed(begin)
