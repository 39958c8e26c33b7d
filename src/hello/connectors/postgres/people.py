"""People in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from hello.connectors.postgres.outbox import people_in_order
from hello.entities.errors import NotFoundError
from hello.entities.people import Person

# A change of a list replaces a number in the same transaction (ADR 29). The number's row is locked after all
# people are, as the aggregate reads them first: two writers who share it cannot deadlock.
STAMP = """
    UPDATE birthday_list_stamps SET stamp = (random() * 9007199254740992)::bigint
    WHERE shard = pg_backend_pid() % 64 AND (SELECT bool_or(is_affected) FROM {changed})
"""
# Names are sorted, so that two writers of the same names cannot deadlock. Only the row itself, once it is
# locked, knows which list the person has left.
SAVED = """
saved AS (
    INSERT INTO people (username, date_of_birth)
    SELECT name, CAST(born AS date) FROM unnest($1::text[], $2::text[]) AS given (name, born)
    ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth
    RETURNING username,
        new.month_day = ANY($3::smallint[]) OR old.month_day = ANY($3::smallint[]) AS is_affected
), changed AS (
    SELECT is_affected FROM saved
)"""
# Before PostgreSQL 18 nothing returns the old row, but a condition sees it, locked and in its latest version.
# The first step locks all rows, in their order, and does not change those whose old day matters. The second
# step needs the whole result of the first, and saves just these.
SAVED_IN_TWO_STEPS = """
given AS (
    SELECT name, CAST(born AS date) AS born FROM unnest($1::text[], $2::text[]) AS given (name, born)
), saved AS (
    INSERT INTO people AS person (username, date_of_birth) SELECT name, born FROM given
    ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth
    WHERE person.month_day <> ALL($3::smallint[])
    RETURNING username, month_day = ANY($3::smallint[]) AS is_affected
), affected_rows AS (
    INSERT INTO people (username, date_of_birth)
    SELECT name, born FROM given WHERE name NOT IN (SELECT username FROM saved)
    ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth
    RETURNING true AS is_affected
), changed AS (
    SELECT is_affected FROM saved UNION ALL SELECT is_affected FROM affected_rows
)"""
REMOVE = f"""
WITH removed AS (
    DELETE FROM people WHERE username = $1
    RETURNING month_day = ANY($2::smallint[]) AS is_affected
), stamped AS ({STAMP.format(changed="removed")})
SELECT count(*) FROM removed
"""  # noqa: S608
RETURNS_OLD = 18
ESTIMATE = text("SELECT reltuples FROM pg_class WHERE oid = 'people'::regclass")
COUNT_BY_MONTH_DAY = text("SELECT month_day, count(*) FROM people GROUP BY month_day")
SAMPLE_BY_MONTH_DAY = text(
    "SELECT month_day, count(*) FROM people TABLESAMPLE SYSTEM (:percent) GROUP BY month_day"
)


@dataclass(frozen=True, slots=True)
class PostgresPeople:
    session: AsyncSession

    async def save(self, births: Mapping[str, date], affected: Collection[int]) -> None:
        connection = await self.session.connection()
        raw: Any = (await connection.get_raw_connection()).driver_connection
        statement = save_statement(raw.get_server_version().major)
        await connection.exec_driver_sql(statement, (*people_in_order(births), list(affected)))

    async def remove(self, username: str, affected: Collection[int]) -> None:
        connection = await self.session.connection()
        removed = await connection.exec_driver_sql(REMOVE, (username, list(affected)))
        if not removed.scalar_one():
            raise NotFoundError(f"no user named {username}")

    async def page(self, after: str, limit: int) -> Sequence[Person]:
        query = select(Person).where(Person.username > after).order_by(Person.username).limit(limit)
        return (await self.session.scalars(query)).all()

    async def knows(self, username: str) -> bool:
        query = select(literal(1)).where(Person.username == username)
        return await self.session.scalar(query) is not None

    async def count_by_month_day(self, exact_up_to: int) -> tuple[Mapping[int, int], bool]:
        """Sample by blocks, which a table of millions has enough of; the planner knows how large it is."""
        estimate = float(await self.session.scalar(ESTIMATE) or 0)
        if estimate <= exact_up_to:
            rows = await self.session.execute(COUNT_BY_MONTH_DAY)
            return {month_day: count for month_day, count in rows}, True  # noqa: C416  # rows are no tuples
        percent = 100 * exact_up_to / estimate
        rows = await self.session.execute(SAMPLE_BY_MONTH_DAY, {"percent": percent})
        return {month_day: round(count * 100 / percent) for month_day, count in rows}, False


def save_statement(major: int, event: str = "") -> str:
    """Return the statement for a major release of PostgreSQL; `event` is another step, after `saved`."""
    saved = SAVED if major >= RETURNS_OLD else SAVED_IN_TWO_STEPS
    return f"WITH {saved}{event}{STAMP.format(changed='changed')}"
