"""People in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, Integer, SmallInteger, Text, bindparam, delete, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from hello.entities.birthdays import BirthdayGroup, Celebration
from hello.entities.errors import NotFoundError
from hello.entities.events import PEOPLE_SHARD, PERSON_SAVED
from hello.entities.people import Person

# Names are sorted, so that two writers of the same names cannot deadlock. Only the row itself, once it is
# locked, knows which list the person has left. A day of birth that was the same before may repeat a write
# whose outcome nobody knows: what that one replaced is forgotten. All events are one row, which costs next
# to nothing; no relay is woken, as commits would wait for each other.
EVENT = f"""
    INSERT INTO outbox (shard, event_id, type, subject, time, data)
    SELECT {PEOPLE_SHARD}, '', '{PERSON_SAVED}', '', now(), jsonb_object($1::text[], $2::text[])
"""
SAVE = f"""
WITH saved AS (
    INSERT INTO people (username, date_of_birth)
    SELECT name, CAST(born AS date) FROM unnest($1::text[], $2::text[]) AS given (name, born)
    ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth
    RETURNING username,
        new.month_day = ANY($3::smallint[]) OR old.month_day = ANY($3::smallint[])
            OR old.date_of_birth = new.date_of_birth AS is_concerned
), with_event AS ({EVENT})
SELECT username FROM saved WHERE is_concerned
"""  # noqa: S608  # constants only
# Before PostgreSQL 18 nothing returns the old row, but a condition sees it, locked and in its latest version.
# The first step locks all rows, in their order, and does not change those whose old day matters. The second
# step needs the whole result of the first, and saves just these.
SAVE_IN_TWO_STEPS = f"""
WITH given AS (
    SELECT name, CAST(born AS date) AS born FROM unnest($1::text[], $2::text[]) AS given (name, born)
), saved AS (
    INSERT INTO people AS person (username, date_of_birth) SELECT name, born FROM given
    ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth
    WHERE person.month_day <> ALL($3::smallint[]) AND person.date_of_birth <> excluded.date_of_birth
    RETURNING username, month_day = ANY($3::smallint[]) AS is_concerned
), concerned AS (
    INSERT INTO people (username, date_of_birth)
    SELECT name, born FROM given WHERE name NOT IN (SELECT username FROM saved)
    ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth
    RETURNING username
), with_event AS ({EVENT})
SELECT username FROM saved WHERE is_concerned UNION ALL SELECT username FROM concerned
"""  # noqa: S608
RETURNS_OLD = 18
CELEBRATING = text(
    """
    SELECT person.username, person.date_of_birth, one.in_days
    FROM unnest(CAST(:month_days AS smallint[]), CAST(:in_days AS integer[])) AS one (month_day, in_days)
    CROSS JOIN LATERAL (
        SELECT username, date_of_birth
        FROM people
        WHERE month_day = one.month_day
          AND username > CASE WHEN one.in_days = :after_days THEN :after_name ELSE '' END
        ORDER BY username
        LIMIT :limit
    ) AS person
    ORDER BY one.in_days, person.username
    LIMIT :limit
    """
).bindparams(
    bindparam("month_days", type_=ARRAY(SmallInteger)),
    bindparam("in_days", type_=ARRAY(Integer)),
    bindparam("after_days", type_=Integer),
    bindparam("after_name", type_=Text),
    bindparam("limit", type_=Integer),
)


@dataclass(frozen=True, slots=True)
class PostgresPeople:
    session: AsyncSession

    async def save(self, births: Mapping[str, date], about: Collection[int]) -> Collection[str]:
        connection = await self.session.connection()
        raw: Any = (await connection.get_raw_connection()).driver_connection
        statement = save_for(raw.get_server_version().major)
        concerned = await connection.exec_driver_sql(statement, (*in_order(births), list(about)))
        return concerned.scalars().all()

    async def remove(self, username: str) -> date:
        query = delete(Person).where(Person.username == username).returning(Person.date_of_birth)
        born = await self.session.scalar(query)
        if born is None:
            raise NotFoundError(f"no user named {username}")
        return born

    async def celebrating(
        self, groups: Sequence[BirthdayGroup], after: tuple[int, str], limit: int
    ) -> Sequence[Celebration]:
        """Look into the index once for each group, as far as the page needs: flat in the number of people."""
        days = {group.in_days: group.day for group in groups}
        parameters = {
            "month_days": [group.month_day for group in groups],
            "in_days": [group.in_days for group in groups],
            "after_days": after[0],
            "after_name": after[1],
            "limit": limit,
        }
        found = await self.session.execute(CELEBRATING, parameters)
        return [Celebration(username, born, days[in_days], in_days) for username, born, in_days in found]

    async def page(self, after: str, limit: int) -> Sequence[Person]:
        query = select(Person).where(Person.username > after).order_by(Person.username).limit(limit)
        return (await self.session.scalars(query)).all()

    async def knows(self, username: str) -> bool:
        query = select(literal(1)).where(Person.username == username)
        return await self.session.scalar(query) is not None


def save_for(major: int) -> str:
    """Return the statement for a major release of PostgreSQL."""
    return SAVE if major >= RETURNS_OLD else SAVE_IN_TWO_STEPS


def in_order(births: Mapping[str, date]) -> tuple[list[str], list[str]]:
    """Return names and dates; as text, since asyncpg makes 0001-01-01 into `-infinity`."""
    names = sorted(births)
    return names, [births[name].isoformat() for name in names]
