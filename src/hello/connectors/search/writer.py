"""Writes items to Elasticsearch or OpenSearch, and builds a new index beside the one in use."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from secrets import token_hex
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from opensearchpy.exceptions import NotFoundError as MissingIndexError

from hello.connectors.search.client import SearchClient, unavailable
from hello.connectors.search.mapping import FORMAT, INDEX
from hello.entities.errors import UnavailableError
from hello.entities.items import Item
from hello.services.item_indexing import RejectedItemsError

GREATEST_VERSION = 2**62
"""The version of a removal: an id never comes back, so no write may follow."""
TRANSIENT = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}
"""An index is read-only while its disk is full, and missing until it is built."""
MAX_BULK_BYTES = 4_000_000
"""Some hosted engines, and proxies, take no more than 10 MB."""
Json: TypeAlias = dict[str, Any]
Write: TypeAlias = tuple[UUID, int, Json | None]
"""An id, its version and its document, None to remove it."""


@dataclass(frozen=True, slots=True)
class EngineIndexWriter:
    """Writes to the alias of the index in use and, while a new one is built, to that as well.

    A change that is committed before the new index has its alias is read from the database while the index is
    built, and a later one is written to both. So the new index lacks nothing when it replaces the old one.
    Versions are external: the engine refuses an older one (409).
    """

    client: SearchClient

    @property
    def alias(self) -> str:
        return self.client.index

    @property
    def next_alias(self) -> str:
        return f"{self.client.index}-next"

    async def put(self, items: Collection[Item]) -> None:
        await self._bulk([(item.id, item.version, document_of(item)) for item in items])

    async def remove(self, item_ids: Collection[UUID]) -> None:
        await self._bulk([(item_id, GREATEST_VERSION, None) for item_id in item_ids])

    async def versions(self, after: UUID | None, limit: int) -> Sequence[tuple[UUID, int]]:
        """Count what was written just before as well."""
        body: Json = {
            "size": limit,
            "sort": [{"id": "asc"}],
            "_source": ["version"],
            "track_total_hits": False,
        }
        if after is not None:
            body["search_after"] = [str(after)]
        with unavailable():
            if after is None:
                await self.client.client.indices.refresh(index=self.alias)
            answer = await self.client.client.search(index=self.alias, body=body)
        return [(UUID(hit["_id"]), hit["_source"]["version"]) for hit in answer["hits"]["hits"]]

    async def is_current(self) -> bool:
        found = [index["mappings"].get("_meta", {}) for index in (await self._indexes()).values()]
        return len(found) == 1 and int(found[0].get("format", 0)) >= FORMAT

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[None]:
        """Remove a half-built index of a process that was killed, and the own one after an error."""
        await self._indexes()
        await self._remove_half_built()
        index = f"{self.alias}-{token_hex(4)}"
        body = INDEX | {"aliases": {self.next_alias: {}}}
        with unavailable():
            await self.client.client.indices.create(index=index, body=body)
        try:
            yield
            await self._replace_by(index)
        except BaseException:
            await self._remove_half_built()
            raise

    async def _indexes(self) -> Mapping[str, Json]:
        """Return those with the alias, and their mappings; raise `UnavailableError` if it is no alias."""
        with unavailable():
            try:
                indexes: Mapping[str, Json] = await self.client.client.indices.get_mapping(index=self.alias)
            except MissingIndexError:
                return {}
        if self.alias in indexes:
            reason = f"there is an index named {self.alias}, which must be free for an alias"
            raise UnavailableError("the search index cannot be built", reason=reason)
        return indexes

    async def _replace_by(self, index: str) -> None:
        """Switch the alias in one step: each search sees the old index or the new one."""
        indices = self.client.client.indices
        with unavailable():
            await indices.refresh(index=index)
            former = await self._behind(self.alias)
            actions = [
                *({"remove_index": {"index": name}} for name in former),
                {"remove": {"index": index, "alias": self.next_alias}},
                {"add": {"index": index, "alias": self.alias}},
            ]
            await indices.update_aliases(body={"actions": actions})

    async def _remove_half_built(self) -> None:
        with unavailable():
            for name in await self._behind(self.next_alias):
                await self.client.client.indices.delete(index=name, ignore_unavailable=True)

    async def _behind(self, alias: str) -> Collection[str]:
        try:
            indexes: Mapping[str, Json] = await self.client.client.indices.get_alias(name=alias)
        except MissingIndexError:
            return []
        return indexes.keys()

    async def _bulk(self, writes: Sequence[Write]) -> None:
        if not writes:
            return
        aliases = await self._aliases()
        results: list[Json] = []
        for body in bodies_of(aliases, writes):
            with unavailable():
                answer = await self.client.client.bulk(body=body, params={"require_alias": "true"})
            results += [result for entry in answer["items"] for result in entry.values()]
        self._check(results, aliases)

    async def _aliases(self) -> Sequence[str]:
        """Return those that there are: before the first index is built, only that of the new one."""
        with unavailable():
            indexes = await self.client.client.indices.get_alias(name=f"{self.alias}*")
        found = {name for index in indexes.values() for name in index["aliases"]}
        aliases = [alias for alias in (self.alias, self.next_alias) if alias in found]
        if not aliases:
            raise UnavailableError("the search index cannot be written", reason="the index is missing")
        return aliases

    def _check(self, results: Iterable[Json], aliases: Sequence[str]) -> None:
        """Ignore that the new index has replaced the old one meanwhile, or that its builder has given up.

        A write to the new index alone is not ignored: the index in use may lack it then.
        """
        rejected: dict[UUID, str] = {}
        for result in results:
            error, status = result.get("error"), result["status"]
            if error is None or status == HTTPStatus.CONFLICT:
                continue
            if is_about(result, self.next_alias) and self.alias in aliases:
                continue
            reason = f"{error['type']}: {error['reason']}"
            if status in TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise UnavailableError("the search index cannot be written", reason=reason)
            rejected[UUID(result["_id"])] = reason
        if rejected:
            raise RejectedItemsError(rejected)


def is_about(result: Json, alias: str) -> bool:
    """Say whether a write failed because this alias is missing."""
    return bool(result["status"] == HTTPStatus.NOT_FOUND and result["_index"] == alias)


def bodies_of(aliases: Sequence[str], writes: Sequence[Write]) -> Iterator[bytes]:
    """Return the bodies of bulk requests that write to each alias."""
    body = bytearray()
    for write in writes:
        lines = b"".join(line for alias in aliases for line in lines_of(alias, *write))
        if body and len(body) + len(lines) > MAX_BULK_BYTES:
            yield bytes(body)
            body.clear()
        body += lines
    yield bytes(body)


def lines_of(alias: str, item_id: UUID, version: int, document: Json | None) -> Iterator[bytes]:
    """Return the lines of a bulk request that store a document, or remove it."""
    head = {"_index": alias, "_id": str(item_id), "version": version, "version_type": "external"}
    for line in [{"delete": head}] if document is None else [{"index": head}, document]:
        yield orjson.dumps(line) + b"\n"


def document_of(item: Item) -> Json:
    return {
        "id": str(item.id),
        "version": item.version,
        "owner_id": str(item.owner_id),
        "price_cents": item.price_cents,
        "title": item.title,
        "description": item.description,
    }
