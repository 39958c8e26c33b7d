"""Keeping a search index like the items: by events, by building it, by comparing and repairing it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict
from uuid_utils.compat import uuid7

from hello.entities.dead_letters import DeadLetter
from hello.entities.errors import UnavailableError
from hello.entities.events import Event
from hello.entities.items import Item
from hello.services.accounts import registration
from hello.services.item_indexing import PAGE, Comparison, ItemIndexing, RejectedItemsError
from tests.support.builders import NOON, a_change, an_account, an_item
from tests.twins.events import TwinMetrics, an_event, fixed
from tests.twins.item_index_writer import TwinIndexWriter
from tests.twins.traces import RECORDED, SILENT, TwinTracer, another
from tests.twins.transaction import TwinUnitOfWork

OUTAGE = UnavailableError("no engine")


@dataclass
class Fixture:
    unit: TwinUnitOfWork = field(default_factory=TwinUnitOfWork)
    writer: TwinIndexWriter = field(default_factory=TwinIndexWriter)
    metrics: TwinMetrics = field(default_factory=TwinMetrics)
    done: list[int] = field(default_factory=list)

    @property
    def indexing(self) -> ItemIndexing:
        return ItemIndexing(begin=self.unit.begin, writer=self.writer, metrics=self.metrics, now=fixed(NOON))

    async def items(self, number: int) -> Sequence[Item]:
        """Store some items that the index does not have, in order of their ids."""
        owner = an_account()
        items = sorted((an_item(owner, version=2) for _ in range(number)), key=lambda item: item.id)
        async with self.unit.begin() as tx:
            await tx.accounts.add(owner, registration(owner))
            await tx.items.add_all(items, [a_change(item.id) for item in items])
        return items

    async def dead_letters(self) -> Sequence[DeadLetter]:
        async with self.unit.begin() as tx:
            return await tx.dead_letters.page(0, 100)

    def has(self, *items: Item) -> bool:
        return self.writer.versions_by_id == {item.id: item.version for item in items}


@pytest.fixture
def fixture() -> Fixture:
    return Fixture()


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


def about(item: Item, event_type: str = "item.updated") -> Event:
    return an_event(str(item.id), event_type)


async def test_items_are_indexed_as_they_are_now_and_missing_ones_removed(fixture: Fixture) -> None:
    kite, ball = await fixture.items(2)
    gone = an_item(an_account())
    fixture.writer.versions_by_id = {gone.id: 7}
    await fixture.indexing.handle([about(kite), about(ball, "item.deleted"), about(gone, "item.created")])
    assert fixture.has(kite, ball)
    assert fixture.metrics.outcomes == {"search handled": 3}


async def test_batch_is_a_child_of_the_first_sampled_event_and_linked_to_the_others(fixture: Fixture) -> None:
    tracer, items = TwinTracer(), await fixture.items(4)
    traces = (None, SILENT, RECORDED, another(1))
    events = [replace(about(item), traceparent=trace) for item, trace in zip(items, traces, strict=True)]
    await replace(fixture.indexing, tracer=tracer).handle(events)
    [span] = tracer.spans
    assert (span.name, span.kind, span.parent) == ("process search", "consumer", RECORDED)
    assert list(span.links) == [another(1)]
    assert span.attributes["messaging.batch.message_count"] == 4


async def test_events_of_one_item_are_one_write(fixture: Fixture) -> None:
    [kite] = await fixture.items(1)
    await fixture.indexing.handle([about(kite)] * 3)
    assert fixture.writer.writes == [1]


async def test_other_events_are_passed_over(fixture: Fixture) -> None:
    await fixture.indexing.handle([an_event()])
    assert fixture.metrics.outcomes == {"search passed": 1}


async def test_rejected_item_is_a_dead_letter_and_the_others_are_indexed(fixture: Fixture) -> None:
    kite, ball = await fixture.items(2)
    fixture.writer.rejected = {kite.id}
    await fixture.indexing.handle([about(kite), about(ball)])
    assert fixture.has(ball)
    [dead] = await fixture.dead_letters()
    assert (dead.consumer, dead.subject, dead.reason) == ("search", str(kite.id), "HelloError: no such shape")
    assert fixture.metrics.outcomes == {"search dead": 1, "search handled": 2}


async def test_event_without_the_id_of_an_item_is_a_dead_letter(fixture: Fixture) -> None:
    [kite] = await fixture.items(1)
    await fixture.indexing.handle([an_event("Ada", "item.updated"), about(kite)])
    assert fixture.has(kite)
    assert [dead.subject for dead in await fixture.dead_letters()] == ["Ada"]


async def test_index_that_is_back_soon_is_tried_again(fixture: Fixture) -> None:
    [kite] = await fixture.items(1)
    fixture.writer.faults = [OUTAGE]
    await fixture.indexing.handle([about(kite)])
    assert fixture.has(kite)
    assert fixture.metrics.outcomes == {"search failed": 1, "search handled": 1}


async def test_rejected_item_does_not_hide_that_a_removal_failed(fixture: Fixture) -> None:
    [kite] = await fixture.items(1)
    gone = an_item(an_account())
    fixture.writer.rejected, fixture.writer.faults = {kite.id}, [OUTAGE]
    await fixture.indexing.handle([about(kite), about(gone)])
    assert fixture.writer.removed == {gone.id}
    assert len(await fixture.dead_letters()) == 1


async def test_dead_letter_is_indexed_or_rejected_again_with_the_reason(fixture: Fixture) -> None:
    [kite] = await fixture.items(1)
    fixture.writer.rejected = {kite.id}
    async with fixture.unit.begin() as tx:
        with pytest.raises(RejectedItemsError, match=f"rejects 1 items, the first is {kite.id}: no such"):
            await fixture.indexing.handle_again(tx, about(kite))
        fixture.writer.rejected.clear()
        await fixture.indexing.handle_again(tx, about(kite))
    assert fixture.has(kite)


async def test_build_writes_all_items_in_pages(fixture: Fixture) -> None:
    items = await fixture.items(PAGE + 1)
    fixture.writer.versions_by_id = {uuid7(): 1}
    assert await fixture.indexing.count() == PAGE + 1
    assert await fixture.indexing.rebuild(fixture.done.append) == PAGE + 1
    assert fixture.done == fixture.writer.writes == [PAGE, 1]
    assert fixture.has(*items)


async def test_build_leaves_out_what_is_rejected_and_logs_it(fixture: Fixture, logs: list[EventDict]) -> None:
    kite, ball = await fixture.items(2)
    fixture.writer.rejected = {kite.id}
    await fixture.indexing.rebuild(fixture.done.append)
    assert fixture.has(ball)
    assert [(entry["item_id"], entry["reason"]) for entry in logs] == [(str(kite.id), "no such shape")]


async def test_build_survives_a_short_outage(fixture: Fixture) -> None:
    items = await fixture.items(2)
    fixture.writer.faults = [OUTAGE]
    await fixture.indexing.rebuild(fixture.done.append)
    assert fixture.has(*items)


async def test_only_a_missing_index_is_built(fixture: Fixture) -> None:
    await fixture.indexing.build_if_missing()
    assert fixture.writer.builds == 0
    fixture.writer.is_built = False
    await fixture.indexing.build_if_missing()
    assert fixture.writer.builds == 1


async def test_equal_index_has_no_differences(fixture: Fixture) -> None:
    assert (await fixture.indexing.compare(fixture.done.append)).is_equal
    await fixture.items(PAGE + 1)
    await fixture.indexing.rebuild(lambda _: None)
    assert (await fixture.indexing.compare(fixture.done.append)).is_equal
    assert fixture.done == [PAGE, 1]


async def test_differences_are_found_and_repaired(fixture: Fixture) -> None:
    items = await fixture.items(9)
    extra = [uuid7(), uuid7()]
    fixture.writer.versions_by_id = {item.id: item.version for item in items} | dict.fromkeys(extra, 1)
    missing, outdated = [items[0], items[4], items[8]], items[2:4]
    for item in missing:
        del fixture.writer.versions_by_id[item.id]
    for item in outdated:
        fixture.writer.versions_by_id[item.id] = 1
    comparison = await fixture.indexing.compare(fixture.done.append)
    assert comparison == Comparison(
        missing=[item.id for item in missing], outdated=[item.id for item in outdated], extra=sorted(extra)
    )
    assert not await fixture.indexing.repair(comparison, fixture.done.append)
    assert fixture.has(*items)


async def test_repair_writes_pages(fixture: Fixture) -> None:
    await fixture.items(PAGE + 1)
    comparison = await fixture.indexing.compare(fixture.done.append)
    await fixture.indexing.repair(comparison, fixture.done.append)
    assert fixture.writer.writes == [PAGE, 1]


async def test_repair_names_what_still_differs(fixture: Fixture) -> None:
    kite, ball = await fixture.items(2)
    fixture.writer.removed = {kite.id}
    comparison = await fixture.indexing.compare(fixture.done.append)
    assert await fixture.indexing.repair(comparison, fixture.done.append) == {kite.id}
    assert fixture.has(ball)


async def test_repair_goes_on_after_a_rejected_item(fixture: Fixture) -> None:
    first, *rest = await fixture.items(PAGE + 1)
    fixture.writer.rejected = {first.id}
    comparison = await fixture.indexing.compare(fixture.done.append)
    assert await fixture.indexing.repair(comparison, fixture.done.append) == {first.id}
    assert fixture.has(*rest)


async def test_repair_of_nothing_reads_nothing_again(fixture: Fixture) -> None:
    await fixture.items(1)
    assert not await fixture.indexing.repair(Comparison(), fixture.done.append)
    assert fixture.done == []
