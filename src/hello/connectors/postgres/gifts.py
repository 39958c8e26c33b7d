"""The count of gifts in PostgreSQL."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hello.entities.gifts import GiftsReceived


@dataclass(frozen=True, slots=True)
class PostgresGifts:
    session: AsyncSession

    async def count(self, username: str) -> None:
        first = insert(GiftsReceived).values(username=username, gifts=1)
        another = {GiftsReceived.gifts: GiftsReceived.gifts + 1}
        await self.session.execute(
            first.on_conflict_do_update(index_elements=[GiftsReceived.username], set_=another)
        )

    async def received(self, username: str) -> int:
        query = select(GiftsReceived.gifts).where(GiftsReceived.username == username)
        return await self.session.scalar(query) or 0
