"""Announcements in PostgreSQL: the table's key decides who announces whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ARRAY, Date, Integer, SmallInteger, bindparam, delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from hello.entities.announcements import Announcement
from hello.entities.birthdays import Celebration

CLAIM = text(
    """
    WITH due AS (
        SELECT username, date_of_birth FROM people
        WHERE month_day = ANY(:month_days) AND NOT EXISTS (
            SELECT FROM announcements WHERE day = :day AND announcements.username = people.username
        )
        ORDER BY month_day, username
        LIMIT :limit
    ), claimed AS (
        INSERT INTO announcements (day, username) SELECT :day, username FROM due
        ON CONFLICT DO NOTHING
        RETURNING username
    )
    SELECT due.username, due.date_of_birth FROM due JOIN claimed USING (username) ORDER BY username
    """
).bindparams(
    bindparam("month_days", type_=ARRAY(SmallInteger)),
    bindparam("day", type_=Date),
    bindparam("limit", type_=Integer),
)


@dataclass(frozen=True, slots=True)
class PostgresAnnouncements:
    session: AsyncSession

    async def claim(self, day: date, month_days: Sequence[int], limit: int) -> Sequence[Celebration]:
        parameters = {"month_days": list(month_days), "day": day, "limit": limit}
        rows = await self.session.execute(CLAIM, parameters)
        return [Celebration(username, born, day, 0) for username, born in rows]

    async def forget(self, before: date) -> None:
        await self.session.execute(delete(Announcement).where(Announcement.day < before))
