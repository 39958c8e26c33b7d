"""How birthdays spread over the year."""

from datetime import date

from hello.services.birthday_spread import BirthdaySpread, Spread
from tests.twins.transaction import TwinUnitOfWork


async def save(twin: TwinUnitOfWork, **births: date) -> None:
    async with twin.begin() as tx:
        await tx.people.save(births, [])


def test_months_are_summed() -> None:
    spread = Spread(counts={101: 1, 131: 2, 201: 5, 1201: 3, 1231: 4}, is_exact=True)
    assert spread.months() == [3, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]
    assert spread.total == 15


async def test_counts_are_kept_for_two_seconds(twin: TwinUnitOfWork) -> None:
    clock = [0.0]
    spread = BirthdaySpread(begin=twin.begin, timer=lambda: clock[0])
    await save(twin, John=date(1990, 5, 17))
    assert (await spread.read()).counts == {517: 1}
    await save(twin, Ada=date(1980, 5, 17))
    clock[0] = 1.9
    assert (await spread.read()).counts == {517: 1}
    clock[0] = 2
    assert await spread.read() == Spread(counts={517: 2}, is_exact=True)
