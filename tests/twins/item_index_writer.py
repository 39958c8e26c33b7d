"""An in-memory twin of the writer of a search index."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from hello.entities.items import Item
from hello.services.item_indexing import RejectedItemsError

Versions = dict[UUID, int]


@dataclass
class TwinIndexWriter:
    """`faults` are raised by the next writes, one each; `rejected` is what the index does not take."""

    versions_by_id: Versions = field(default_factory=dict)
    removed: set[UUID] = field(default_factory=set)
    rejected: set[UUID] = field(default_factory=set)
    faults: list[Exception] = field(default_factory=list)
    is_built: bool = True
    builds: int = 0
    writes: list[int] = field(default_factory=list)
    """How many items each write had."""
    _next: Versions | None = None

    async def put(self, items: Collection[Item]) -> None:
        self._write(items)
        for item in items:
            if item.id not in self.rejected | self.removed:
                for versions in self._indexes():
                    versions[item.id] = max(item.version, versions.get(item.id, 0))
        if rejected := {item.id: "no such shape" for item in items if item.id in self.rejected}:
            raise RejectedItemsError(rejected)

    async def remove(self, item_ids: Collection[UUID]) -> None:
        self._write(item_ids)
        self.removed.update(item_ids)
        for versions in self._indexes():
            for item_id in item_ids:
                versions.pop(item_id, None)

    async def versions(self, after: UUID | None, limit: int) -> Sequence[tuple[UUID, int]]:
        ids = sorted(item_id for item_id in self.versions_by_id if after is None or item_id > after)
        return [(item_id, self.versions_by_id[item_id]) for item_id in ids[:limit]]

    async def is_current(self) -> bool:
        return self.is_built

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[None]:
        self._next = {}
        try:
            yield
            self.versions_by_id, self.is_built, self.builds = self._next, True, self.builds + 1
        finally:
            self._next = None

    def _write(self, things: Collection[object]) -> None:
        if things:
            self.writes.append(len(things))
            if self.faults:
                raise self.faults.pop(0)

    def _indexes(self) -> Sequence[Versions]:
        return [self.versions_by_id] if self._next is None else [self.versions_by_id, self._next]
