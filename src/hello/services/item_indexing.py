"""Keeping a search index like the items of the database: by events, by building it, by comparing both."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from hello.core.clock import Clock
from hello.core.traces import Kind, NoTracer, Tracer, is_sampled, well_formed
from hello.entities.errors import HelloError, UnavailableError
from hello.entities.events import Event
from hello.entities.items import Item
from hello.services.dead_letters import dead_letter
from hello.services.event_ports import ConsumerMetrics, Subscription
from hello.services.event_traces import consuming
from hello.services.ports import Begin, Transaction

SEARCH = Subscription("search", frozenset({"item.created", "item.updated", "item.deleted"}))
PAGE = 1000
RETRY_S, BUILD_RETRY_S = 3.0, 60.0
PAUSES = wait_random_exponential(multiplier=0.1, max=1)
log = structlog.get_logger("hello.search")


class RejectedItemsError(HelloError):
    """The index does not take these items, and would not take them later."""

    def __init__(self, reasons: Mapping[UUID, str]) -> None:
        first = next(iter(reasons.items()))
        super().__init__(
            f"the search index rejects {len(reasons)} items, the first is {first[0]}: {first[1]}"
        )
        self.reasons = reasons


class ItemIndexWriter(Protocol):
    """Writes may come late or again: an older version of an item never replaces a newer one.

    Methods raise `UnavailableError` if the index cannot be written now.
    """

    async def put(self, items: Collection[Item]) -> None:
        """Store the items; raise `RejectedItemsError` after storing those that are taken."""
        ...

    async def remove(self, item_ids: Collection[UUID]) -> None:
        """Remove what is there; an id never comes back."""
        ...

    async def versions(self, after: UUID | None, limit: int) -> Sequence[tuple[UUID, int]]:
        """Return at most `limit` ids with the versions of their items, by id, after the id `after`."""
        ...

    async def is_current(self) -> bool:
        """Say whether there is an index, of no older format than this release writes."""
        ...

    def rebuilding(self) -> AbstractAsyncContextManager[None]:
        """Build a new index from all writes in the block; at its end it replaces the one in use."""
        ...


Progress = Callable[[int], None]
"""Called with how many more items are done."""


@dataclass(slots=True)
class Comparison:
    """What the index lacks, has in another version, and has although the item is gone."""

    missing: list[UUID] = field(default_factory=list)
    outdated: list[UUID] = field(default_factory=list)
    extra: list[UUID] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        return not self.ids

    @property
    def ids(self) -> list[UUID]:
        return [*self.missing, *self.outdated, *self.extra]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemIndexing:
    """Items are read from the database at each write, so the order of events does not matter."""

    begin: Begin
    writer: ItemIndexWriter
    metrics: ConsumerMetrics
    now: Clock
    tracer: Tracer = field(default_factory=NoTracer)

    async def handle(self, events: Sequence[Event]) -> None:
        """Index the items of these events; set aside those that the index rejects.

        Raise `UnavailableError` if the index stays unavailable: the broker then delivers them again.
        """
        changes = [event for event in events if event.type in SEARCH.types]
        self._count("passed", len(events) - len(changes))
        if not changes:
            return
        attempts = retrying(RETRY_S, lambda _: self._count("failed", len(changes)))
        traces = list(filter(is_sampled, (well_formed(event.traceparent) for event in changes)))
        attributes = {**consuming(SEARCH.name), "messaging.batch.message_count": len(changes)}
        parent = traces[0] if traces else None
        with self.tracer.span(f"process {SEARCH.name}", Kind.CONSUMER, parent, attributes, traces[1:]):
            await attempts(self._index, changes)

    async def handle_again(self, _: Transaction, event: Event) -> None:
        """Index the item of a dead letter; raise `RejectedItemsError` if that fails again."""
        await self._write([UUID(event.subject)])

    async def count(self) -> int:
        async with self.begin() as tx:
            _, total = await tx.items.page(0, 1, None)
        return total

    async def rebuild(self, progress: Progress) -> int:
        """Build the index from all items; return how many there are."""
        done = 0
        async with self.writer.rebuilding():
            async for items in self._all_items():
                await self._put(items)
                done += len(items)
                progress(len(items))
        return done

    async def build_if_missing(self) -> None:
        """Do nothing if another process has built it meanwhile."""
        if not await self.writer.is_current():
            log.info("building the search index")
            log.info("search index is built", items=await self.rebuild(lambda _: None))

    async def compare(self, progress: Progress) -> Comparison:
        """Compare ids and versions. A change that is not indexed yet counts as different."""
        comparison = Comparison()
        stored, indexed = self._stored_versions(progress), self._indexed_versions()
        row, document = await anext(stored, None), await anext(indexed, None)
        while row or document:
            if row and (document is None or row[0] < document[0]):
                comparison.missing.append(row[0])
                row = await anext(stored, None)
            elif document and (row is None or document[0] < row[0]):
                comparison.extra.append(document[0])
                document = await anext(indexed, None)
            elif row:
                if row != document:
                    comparison.outdated.append(row[0])
                row, document = await anext(stored, None), await anext(indexed, None)
        return comparison

    async def repair(self, comparison: Comparison, progress: Progress) -> Collection[UUID]:
        """Write what differs, and return the ids that differ nevertheless.

        Those are what the index rejects, and documents that others have removed: the index then remembers
        the version that was removed.
        """
        ids = comparison.ids
        for first in range(0, len(ids), PAGE):
            try:
                await self._write(ids[first : first + PAGE])
            except RejectedItemsError as error:
                log_rejected(error)
        return set(ids) & set((await self.compare(progress)).ids) if ids else ()

    async def _index(self, events: Sequence[Event]) -> None:
        by_id: dict[UUID, Event] = {}
        for event in events:
            try:
                by_id[UUID(event.subject)] = event
            except ValueError as error:
                await self._bury(event, error)
        try:
            await self._write(list(by_id))
        except RejectedItemsError as error:
            for item_id, reason in error.reasons.items():
                await self._bury(by_id[item_id], HelloError(reason))
        self._count("handled", len(events))
        for event in events:
            self.metrics.lagged(SEARCH.name, (self.now() - event.time).total_seconds())

    async def _write(self, item_ids: Sequence[UUID]) -> None:
        """Remove and put at once, as a slow index needs its time for either; do both even if one fails."""
        async with self.begin() as tx:
            items = await tx.items.find_all(item_ids)
        removed = [item_id for item_id in item_ids if item_id not in items]
        results = await asyncio.gather(
            self.writer.remove(removed), self.writer.put(items.values()), return_exceptions=True
        )
        for error in filter(None, results):
            raise error

    async def _put(self, items: Sequence[Item]) -> None:
        """Leave out what the index rejects, and log it: the rest of a build must not depend on it."""
        try:
            await retrying(BUILD_RETRY_S)(self.writer.put, items)
        except RejectedItemsError as error:
            log_rejected(error)

    async def _bury(self, event: Event, error: Exception) -> None:
        log.error("event is dead", consumer=SEARCH.name, event_id=event.id, reason=str(error))
        async with self.begin() as tx:
            await tx.dead_letters.add(dead_letter(SEARCH.name, event, error, self.now()))
        self._count("dead", 1)

    async def _stored_versions(self, progress: Progress) -> AsyncIterator[tuple[UUID, int]]:
        async for items in self._all_items():
            for item in items:
                yield item.id, item.version
            progress(len(items))

    async def _indexed_versions(self) -> AsyncIterator[tuple[UUID, int]]:
        after: UUID | None = None
        while page := await self.writer.versions(after, PAGE):
            for version in page:
                yield version
            after = page[-1][0]

    async def _all_items(self) -> AsyncIterator[Sequence[Item]]:
        after: UUID | None = None
        while items := await self._page(after):
            yield items
            after = items[-1].id

    async def _page(self, after: UUID | None) -> Sequence[Item]:
        async with self.begin() as tx:
            return await tx.items.page_by_id(after, PAGE)

    def _count(self, outcome: str, number: int) -> None:
        for _ in range(number):
            self.metrics.counted(SEARCH.name, outcome)


def log_rejected(error: RejectedItemsError) -> None:
    for item_id, reason in error.reasons.items():
        log.error("the search index rejects an item", item_id=str(item_id), reason=reason)


def retrying(seconds: float, after: Callable[[RetryCallState], None] = lambda _: None) -> AsyncRetrying:
    """Retry for about as long while the index is unavailable."""
    return AsyncRetrying(
        retry=retry_if_exception_type(UnavailableError),
        wait=PAUSES,
        stop=stop_after_delay(seconds),
        reraise=True,
        after=after,
    )
