"""Search indexes to measure: PostgreSQL from wheels, and the real servers that the tests use."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from tests.search.engine import ENGINES, running_engine

from hello.connectors.embedded.servers import destroy, embedded_servers
from hello.connectors.postgres.batches import open_batches
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.item_index import SEARCHES_AT_ONCE as HELD
from hello.connectors.postgres.item_index import item_index
from hello.connectors.postgres.migrate import migrate
from hello.connectors.search.client import SearchOptions, open_search_client
from hello.connectors.search.item_index import EngineItemIndex
from hello.connectors.search.writer import EngineIndexWriter
from hello.core.batching import Bounds
from hello.entities.items import Item
from hello.services.search import ItemIndex

POSTGRES = "postgres"
INDEXES = (POSTGRES, *ENGINES)
OWNER = UUID(int=1)
ACCOUNT = f"INSERT INTO accounts VALUES ('{OWNER}', 'ada', 'ada', 'Ada', 'none', 'user', now())"  # noqa: S608
COLUMNS = ("id", "title", "description", "price_cents", "owner_id", "version", "created_at", "updated_at")
HEAP_MB = 2048
TIMEOUT_S = 120
BORN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Measured:
    """`settle` returns when all that was put can be found, as a search engine at rest has it."""

    name: str
    index: ItemIndex
    put: Callable[[Sequence[Item]], Awaitable[None]]
    settle: Callable[[], Awaitable[None]]


def item(item_id: UUID, title: str, description: str | None, price_cents: int | None) -> Item:
    return Item(
        id=item_id,
        title=title,
        description=description,
        price_cents=price_cents,
        owner_id=OWNER,
        version=1,
        created_at=BORN,
        updated_at=BORN,
    )


@asynccontextmanager
async def open_index(name: str, folder: Path) -> AsyncIterator[Measured]:
    """Start the server in the folder, empty; remove its data at the end."""
    async with open_postgres(folder) if name == POSTGRES else open_engine_index(name, folder) as measured:
        yield measured


@asynccontextmanager
async def open_postgres(folder: Path) -> AsyncIterator[Measured]:
    data = folder / POSTGRES
    try:
        with embedded_servers(data) as servers:
            database = Database(dsn=servers.database_url, application_name="benchmark")
            await asyncio.to_thread(migrate, database)
            connection = await asyncpg.connect(servers.database_url)
            await connection.execute(f"SET statement_timeout = 0; {ACCOUNT}")

            async def put(items: Sequence[Item]) -> None:
                rows = [tuple(getattr(row, column) for column in COLUMNS) for row in items]
                await connection.copy_records_to_table("items", records=rows, columns=COLUMNS)

            async def settle() -> None:
                await connection.execute("VACUUM (ANALYZE)")

            bounds = Bounds(deadline_s=TIMEOUT_S)
            async with open_engine(database) as engine, open_batches(engine, bounds, HELD) as batches:
                yield Measured(name=POSTGRES, index=item_index(batches), put=put, settle=settle)
            await connection.close()
    finally:
        destroy(data)


@asynccontextmanager
async def open_engine_index(name: str, folder: Path) -> AsyncIterator[Measured]:
    with running_engine(name, folder / name, HEAP_MB) as engine:
        options = SearchOptions(url=engine.url, api_key=None, index="hello-items", timeout_s=TIMEOUT_S)
        async with open_search_client(options) as client:
            writer = EngineIndexWriter(client)
            async with writer.rebuilding():
                pass

            async def settle() -> None:
                await client.client.indices.refresh(index=client.index)

            yield Measured(name=name, index=EngineItemIndex(client), put=writer.put, settle=settle)
