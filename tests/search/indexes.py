"""The indexes that one test has on a search server, and what is in them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any
from uuid import UUID

from hello.connectors.search.client import SearchClient, SearchOptions, open_search_client
from hello.connectors.search.writer import EngineIndexWriter

PATIENCE_S = 30
EVERYTHING = {"size": 1000, "query": {"match_all": {}}}


@dataclass(frozen=True, slots=True)
class Indexes:
    """All whose names begin with that of the client's alias."""

    client: SearchClient

    @property
    def alias(self) -> str:
        return self.client.index

    @property
    def writer(self) -> EngineIndexWriter:
        return EngineIndexWriter(self.client)

    async def build(self) -> None:
        """Build an empty index."""
        async with self.writer.rebuilding():
            pass

    async def create(self, body: Mapping[str, Any]) -> str:
        """Create an index as it is not made by the writer, and return its name."""
        name = f"{self.alias}-{token_hex(4)}"
        await self.client.client.indices.create(index=name, body=dict(body))
        return name

    async def names(self) -> Sequence[str]:
        return sorted(await self.client.client.indices.get(index=f"{self.alias}*"))

    async def titles(self, alias: str | None = None) -> Mapping[UUID, str]:
        """Return those of all documents that a search can find, after a refresh."""
        client, index = self.client.client, alias or self.alias
        await client.indices.refresh(index=index)
        found = await client.search(index=index, body=EVERYTHING)
        return {UUID(hit["_id"]): hit["_source"]["title"] for hit in found["hits"]["hits"]}

    async def remove(self) -> None:
        for name in await self.names():
            await self.client.client.indices.delete(index=name)


@asynccontextmanager
async def open_indexes(url: str) -> AsyncIterator[Indexes]:
    """Yield them without any index; remove all of them at the end."""
    options = SearchOptions(url=url, api_key=None, index=f"test-{token_hex(6)}", timeout_s=PATIENCE_S)
    async with open_search_client(options) as client:
        indexes = Indexes(client)
        try:
            yield indexes
        finally:
            await indexes.remove()
