"""Writes the documents that PostgreSQL searches, for repairs: a trigger keeps them like the items."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.postgres.engine import sessions_of
from hello.connectors.postgres.unit_of_work import committed
from hello.entities.item_documents import item_documents
from hello.entities.items import Item

DEADLINE_S = 60
IDS = bindparam("ids", type_=ARRAY(Uuid))
PUT = text("SELECT count(index_item(items)) FROM items WHERE id = ANY(:ids)").bindparams(IDS)
REMOVE = text("SELECT count(forget_item(id)) FROM unnest(:ids) AS id").bindparams(IDS)


@dataclass(frozen=True, slots=True)
class PostgresIndexWriter:
    """Writes items as they are now, whatever version is given."""

    sessions: async_sessionmaker[AsyncSession]

    @classmethod
    def of(cls, engine: AsyncEngine) -> Self:
        return cls(sessions_of(engine))

    async def put(self, items: Collection[Item]) -> None:
        async with committed(self.sessions, DEADLINE_S) as session:
            await session.execute(PUT, {"ids": [item.id for item in items]})

    async def remove(self, item_ids: Collection[UUID]) -> None:
        async with committed(self.sessions, DEADLINE_S) as session:
            await session.execute(REMOVE, {"ids": list(item_ids)})

    async def versions(self, after: UUID | None, limit: int) -> Sequence[tuple[UUID, int]]:
        columns = item_documents.c
        query = select(columns.item_id, columns.version).order_by(columns.item_id).limit(limit)
        async with committed(self.sessions, DEADLINE_S) as session:
            rows = await session.execute(query if after is None else query.where(columns.item_id > after))
            return [(item_id, version) for item_id, version in rows]

    async def is_current(self) -> bool:
        return True

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[None]:
        """Do nothing: each document is replaced in its own transaction, so search goes on."""
        yield
