"""One connection held for one kind of statement, prepared once: the shortest way to PostgreSQL and back."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.exceptions.AdminShutdownError,
    OSError,
)


@dataclass(slots=True)
class HeldStatement:
    """Each call is a transaction of its own. Not for two calls at once."""

    engine: AsyncEngine
    sql: str
    _connection: AsyncConnection | None = None
    _prepared: Any = field(default=None, repr=False)

    async def fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        """Run the statement; once more, on a new connection, when the old one turns out to be lost.

        So it must be harmless to run twice.
        """
        if self._prepared is not None:
            try:
                return await self._fetch(*arguments)
            except LOST:
                pass
        await self._prepare()
        return await self._fetch(*arguments)

    async def _fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        """Give the connection back on any fault: after a time-out nobody knows what it is still doing."""
        try:
            found: Sequence[asyncpg.Record] = await self._prepared.fetch(*arguments)
        except asyncpg.DataError:
            raise
        except BaseException:
            await self.release()
            raise
        return found

    async def _prepare(self) -> None:
        self._connection = await self.engine.connect()
        try:
            raw = await self._connection.get_raw_connection()
            self._prepared = await raw.driver_connection.prepare(self.sql)  # type: ignore[union-attr]
        except BaseException:
            await self.release()
            raise

    async def release(self) -> None:
        connection, self._connection, self._prepared = self._connection, None, None
        if connection is not None:
            with suppress(Exception):
                await connection.invalidate()
            with suppress(Exception):
                await connection.close()
