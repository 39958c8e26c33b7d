"""The promises of the port `People`, kept by the twin and by PostgreSQL alike."""

from datetime import date

import pytest

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.birthdays import BirthdayGroup
from hello.entities.errors import NotFoundError
from hello.entities.people import Person
from hello.services.ports import Begin, Transaction
from tests.builders import a_name, a_person
from tests.twins import TwinUnitOfWork


class PeopleContract:
    async def test_who_is_saved_can_be_read_in_the_next_transaction(self, begin: Begin) -> None:
        john = a_person(born=date(1990, 5, 17))
        async with begin() as tx:
            await tx.people.save(births(john), [])
        async with begin() as tx:
            assert await born_on(tx, john.username) == date(1990, 5, 17)

    async def test_the_last_save_counts(self, begin: Begin) -> None:
        john = a_person()
        for born in (date(1990, 5, 17), date(1, 1, 1)):
            async with begin() as tx:
                await tx.people.save({john.username: born}, [])
        async with begin() as tx:
            assert await born_on(tx, john.username) == date(1, 1, 1)

    async def test_a_save_tells_whom_the_lists_of_some_days_concern(self, begin: Begin) -> None:
        john, day, other = a_name(), date(1990, 5, 17), date(1990, 5, 18)
        for born, concerned in [
            (day, True),
            (other, True),
            (date(1991, 5, 19), False),
            (date(1991, 5, 19), True),
        ]:
            async with begin() as tx:
                found = await tx.people.save({john: born, a_name(): date(1990, 1, 1)}, [517])
            assert list(found) == ([john] if concerned else [])

    async def test_names_differ_by_case(self, begin: Begin) -> None:
        john = a_person()
        async with begin() as tx:
            await tx.people.save(births(john), [])
        async with begin() as tx:
            assert await born_on(tx, john.username.swapcase()) is None

    async def test_who_is_removed_is_gone(self, begin: Begin) -> None:
        john = a_person()
        async with begin() as tx:
            await tx.people.save(births(john), [])
        async with begin() as tx:
            assert await tx.people.remove(john.username) == john.date_of_birth
        async with begin() as tx:
            assert await born_on(tx, john.username) is None

    async def test_a_stranger_cannot_be_removed(self, begin: Begin) -> None:
        with pytest.raises(NotFoundError):
            async with begin() as tx:
                await tx.people.remove(a_person().username)

    async def test_an_error_undoes_everything(self, begin: Begin) -> None:
        john = a_person()
        with pytest.raises(ZeroDivisionError):
            async with begin() as tx:
                await tx.people.save(births(john), [])
                raise ZeroDivisionError
        async with begin() as tx:
            assert await born_on(tx, john.username) is None

    async def test_those_who_celebrate_come_soonest_first_and_then_by_name(self, begin: Begin) -> None:
        """The names begin with `zzz`: others in the database sort before them."""
        tag = f"zzz{a_name()}"
        people = {f"{tag}B": date(1990, 5, 17), f"{tag}a": date(1980, 5, 17), f"{tag}A": date(1970, 5, 18)}
        groups = [BirthdayGroup(517, date(2026, 5, 17), 0), BirthdayGroup(518, date(2026, 5, 18), 1)]
        async with begin() as tx:
            await tx.people.save(people, [])
        async with begin() as tx:
            first = await tx.people.celebrating(groups, (0, tag), 1000)
        assert [(one.username, one.in_days, one.turns) for one in first if one.username.startswith(tag)] == [
            (f"{tag}B", 0, 36),
            (f"{tag}a", 0, 46),
            (f"{tag}A", 1, 56),
        ]
        async with begin() as tx:
            assert (await tx.people.celebrating(groups, (0, f"{tag}B"), 1))[0].username == f"{tag}a"
            assert await tx.people.celebrating(groups[1:], (1, f"{tag}A"), 1) == []

    async def test_pages_go_through_everybody_by_name(self, begin: Begin) -> None:
        tag = f"zzz{a_name()}"
        async with begin() as tx:
            await tx.people.save({f"{tag}{letter}": date(1990, 5, 17) for letter in "bBa"}, [])
        async with begin() as tx:
            pages = [await tx.people.page(after, 2) for after in (tag, f"{tag}a")]
        assert [[person.username[-1] for person in page] for page in pages] == [["B", "a"], ["b"]]


async def born_on(tx: Transaction, name: str) -> date | None:
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
    def begin(self, undone: PostgresUnitOfWork) -> Begin:
        return undone.begin
