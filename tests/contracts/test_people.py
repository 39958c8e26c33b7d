"""The promises of the port `People`, kept by the twin and by PostgreSQL alike."""

from datetime import date

import pytest

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.errors import NotFoundError
from hello.services.ports import Begin
from tests.builders import a_person
from tests.twins import TwinUnitOfWork


class PeopleContract:
    async def test_who_is_saved_can_be_read_in_the_next_transaction(self, begin: Begin) -> None:
        john = a_person(born=date(1990, 5, 17))
        async with begin() as tx:
            await tx.people.save(john)
        async with begin() as tx:
            found = await tx.people.get(john.username)
        assert (found.username, found.date_of_birth) == (john.username, date(1990, 5, 17))

    async def test_the_last_save_counts(self, begin: Begin) -> None:
        john = a_person()
        for born in (date(1990, 5, 17), date(1, 1, 1)):
            async with begin() as tx:
                await tx.people.save(a_person(john.username, born))
        async with begin() as tx:
            assert (await tx.people.get(john.username)).date_of_birth == date(1, 1, 1)

    async def test_names_differ_by_case(self, begin: Begin) -> None:
        john = a_person()
        async with begin() as tx:
            await tx.people.save(john)
        with pytest.raises(NotFoundError):
            async with begin() as tx:
                await tx.people.get(john.username.swapcase())

    async def test_who_is_removed_is_gone(self, begin: Begin) -> None:
        john = a_person()
        async with begin() as tx:
            await tx.people.save(john)
        async with begin() as tx:
            await tx.people.remove(john.username)
        with pytest.raises(NotFoundError):
            async with begin() as tx:
                await tx.people.get(john.username)

    async def test_a_stranger_cannot_be_removed(self, begin: Begin) -> None:
        with pytest.raises(NotFoundError):
            async with begin() as tx:
                await tx.people.remove(a_person().username)

    async def test_an_error_undoes_everything(self, begin: Begin) -> None:
        john = a_person()
        with pytest.raises(ZeroDivisionError):
            async with begin() as tx:
                await tx.people.save(john)
                raise ZeroDivisionError
        with pytest.raises(NotFoundError):
            async with begin() as tx:
                await tx.people.get(john.username)


class TestTwin(PeopleContract):
    @pytest.fixture
    def begin(self, twin: TwinUnitOfWork) -> Begin:
        return twin.begin


@pytest.mark.integrated
class TestPostgres(PeopleContract):
    @pytest.fixture
    def begin(self, undone: PostgresUnitOfWork) -> Begin:
        return undone.begin
