"""People in PostgreSQL."""

from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hello.entities.errors import NotFoundError
from hello.entities.people import Person


@dataclass(frozen=True, slots=True)
class PostgresPeople:
    session: AsyncSession

    async def get(self, username: str) -> Person:
        person = await self.session.get(Person, username)
        if person is None:
            raise NotFoundError(f"nobody is called {username}")
        return person

    async def save(self, person: Person) -> None:
        statement = insert(Person).values(username=person.username, date_of_birth=person.date_of_birth)
        update = {Person.date_of_birth: statement.excluded.date_of_birth}
        await self.session.execute(
            statement.on_conflict_do_update(index_elements=[Person.username], set_=update)
        )

    async def remove(self, username: str) -> None:
        query = delete(Person).where(Person.username == username).returning(Person.username)
        if (await self.session.execute(query)).first() is None:
            raise NotFoundError(f"nobody is called {username}")
