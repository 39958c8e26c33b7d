"""Turns: of all processes that want to do something, one does it at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from hello.connectors.postgres.engine import Database, connect
from hello.connectors.postgres.errors import business_errors
from hello.entities.errors import UnavailableError

LOCKS = 731_004_212  # any number that nothing else locks by
TAKE = "SELECT pg_try_advisory_lock($1, hashtext($2))"
TAKE_IN_TRANSACTION = "SELECT pg_try_advisory_xact_lock($1, hashtext($2))"
PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Turn:
    connection: Any

    def check(self) -> None:
        """Raise `UnavailableError` when it has been lost, and somebody else may have it."""
        if self.connection.is_closed():
            raise UnavailableError("the connection that held the turn is gone")


@dataclass(frozen=True, slots=True)
class PostgresTurns:
    """A turn ends with its connection, so at once when its process dies.

    Through a pooler of transactions it is a transaction that stays open, for which the pooler keeps a
    connection of the server.
    """

    database: Database

    @asynccontextmanager
    async def take(self, name: str) -> AsyncIterator[Turn]:
        """Wait until nobody else has the turn of this name; raise `UnavailableError`."""
        with business_errors():
            connection = await connect(self.database)
        try:
            with business_errors():
                await self._begin(connection)
                while not await self._is_taken(connection, name):  # noqa: ASYNC110  # nobody tells of a free lock
                    await asyncio.sleep(PAUSE_S)
            yield Turn(connection)
        finally:
            connection.terminate()

    async def _begin(self, connection: Any) -> None:  # noqa: ANN401
        if self.database.transaction_pooling:
            await connection.execute("BEGIN")
            await connection.execute(self.database.local_settings(idle_in_transaction_session_timeout="0"))

    async def _is_taken(self, connection: Any, name: str) -> bool:  # noqa: ANN401  # asyncpg has no types
        take = TAKE_IN_TRANSACTION if self.database.transaction_pooling else TAKE
        is_taken: bool = await connection.fetchval(take, LOCKS, name, timeout=self.database.deadline_s)
        return is_taken
