"""The promises of the port `People`, kept by the twin and by PostgreSQL alike."""

from datetime import date
from typing import Any, cast

import pytest
from sqlalchemy import text

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.errors import NotFoundError
from hello.entities.people import Person
from hello.services.ports import Begin, Transaction
from tests.support.builders import a_name, a_person
from tests.twins.transaction import TwinUnitOfWork


class PeopleContract:
    async def test_saved_person_is_read_by_the_next_transaction(self, begin: Begin) -> None:
        john = a_person(born=date(1990, 5, 17))
        async with begin() as tx:
            await tx.people.save(births(john), [])
        async with begin() as tx:
            assert await stored_born(tx, john.username) == date(1990, 5, 17)

    async def test_last_saved_date_of_birth_is_stored(self, begin: Begin) -> None:
        john = a_person()
        for born in (date(1990, 5, 17), date(1, 1, 1)):
            async with begin() as tx:
                await tx.people.save({john.username: born}, [])
        async with begin() as tx:
            assert await stored_born(tx, john.username) == date(1, 1, 1)

    async def test_names_differ_by_case(self, begin: Begin) -> None:
        john = a_person()
        async with begin() as tx:
            await tx.people.save(births(john), [])
        async with begin() as tx:
            assert await stored_born(tx, john.username.swapcase()) is None

    async def test_only_a_saved_person_is_known(self, begin: Begin) -> None:
        john = a_person()
        async with begin() as tx:
            await tx.people.save(births(john), [])
        async with begin() as tx:
            names = (john.username, john.username.swapcase(), a_name())
            assert [await tx.people.knows(name) for name in names] == [True, False, False]

    async def test_people_are_counted_by_day_of_birth(self, begin: Begin) -> None:
        days = (date(2000, 2, 29), date(1990, 2, 28), date(1991, 2, 28))
        async with begin() as tx:
            before, _ = await tx.people.count_by_month_day(10**9)
            await tx.people.save({a_name(): born for born in days}, [])
            after, is_exact = await tx.people.count_by_month_day(10**9)
        added = {day: after[day] - before.get(day, 0) for day in after}
        assert {day: count for day, count in added.items() if count} == {228: 2, 229: 1}
        assert is_exact

    async def test_removed_person_is_gone(self, begin: Begin) -> None:
        john = a_person()
        async with begin() as tx:
            await tx.people.save(births(john), [])
        async with begin() as tx:
            await tx.people.remove(john.username, [])
        async with begin() as tx:
            assert await stored_born(tx, john.username) is None

    async def test_removal_of_an_unknown_person_is_not_found(self, begin: Begin) -> None:
        with pytest.raises(NotFoundError):
            async with begin() as tx:
                await tx.people.remove(a_person().username, [])

    async def test_error_rolls_back_saved_people(self, begin: Begin) -> None:
        john = a_person()
        with pytest.raises(ZeroDivisionError):
            async with begin() as tx:
                await tx.people.save(births(john), [])
                raise ZeroDivisionError
        async with begin() as tx:
            assert await stored_born(tx, john.username) is None

    async def test_people_are_paged_by_name(self, begin: Begin) -> None:
        tag = f"zzz{a_name()}"
        async with begin() as tx:
            await tx.people.save({f"{tag}{letter}": date(1990, 5, 17) for letter in "bBa"}, [])
        async with begin() as tx:
            pages = [await tx.people.page(after, 2) for after in (tag, f"{tag}a")]
        assert [[person.username[-1] for person in page] for page in pages] == [["B", "a"], ["b"]]


async def stored_born(tx: Transaction, name: str) -> date | None:
    found = await tx.people.page(name[:-1], 1)
    return found[0].date_of_birth if found and found[0].username == name else None


def births(person: Person) -> dict[str, date]:
    return {person.username: person.date_of_birth}


class TestTwin(PeopleContract):
    @pytest.fixture
    def begin(self, twin: TwinUnitOfWork) -> Begin:
        return twin.begin


@pytest.mark.integrated
class TestPostgres(PeopleContract):
    @pytest.fixture
    def begin(self, rolled_back: PostgresUnitOfWork) -> Begin:
        return rolled_back.begin

    async def test_of_many_people_a_sample_is_counted(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.people.save({a_name(): date(1990, 5, 17) for _ in range(20)}, [])
            await cast("Any", tx.people).session.execute(text("ANALYZE people"))
            counts, is_exact = await tx.people.count_by_month_day(10)
        assert not is_exact
        assert all(count >= 0 for count in counts.values())
