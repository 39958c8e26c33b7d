"""The index of items on a real engine: writes in any order, and a new index beside the one in use."""

import asyncio
from contextlib import suppress

import pytest
from uuid_utils.compat import uuid7

from hello.connectors.search.mapping import FORMAT, INDEX
from hello.entities.errors import UnavailableError
from hello.entities.items import Item
from hello.services.item_indexing import RejectedItemsError
from tests.search.indexes import Indexes
from tests.search.waiting import wait_for
from tests.support.builders import an_account, an_item

ADA, WRITERS = an_account(), 10
OBJECT_AS_TITLE = {"mappings": {"properties": {"title": {"type": "object"}, "id": {"type": "keyword"}}}}
NUMBER_AS_TITLE = {"mappings": {"properties": {"title": {"type": "long"}, "id": {"type": "keyword"}}}}
pytestmark = [pytest.mark.search, pytest.mark.timeout(300)]


class BuildError(Exception):
    """Fails a build in the middle."""


def an_item_of_ada(title: str = "A kite", version: int = 1) -> Item:
    return an_item(ADA, title, version)


def changed(item: Item, title: str) -> Item:
    newer = an_item(ADA, title, item.version + 1)
    newer.id = item.id
    return newer


@pytest.fixture
async def built(indexes: Indexes) -> Indexes:
    await indexes.build()
    return indexes


async def test_put_items_are_found_and_removed_ones_are_not(built: Indexes) -> None:
    kite, ball = an_item_of_ada("A kite"), an_item_of_ada("A ball")
    await built.writer.put([kite, ball])
    assert await built.titles() == {kite.id: "A kite", ball.id: "A ball"}
    await built.writer.remove([kite.id])
    assert await built.titles() == {ball.id: "A ball"}


async def test_nothing_to_write_needs_no_index(indexes: Indexes) -> None:
    await indexes.writer.put([])
    await indexes.writer.remove([])
    assert not await indexes.names()


async def test_newer_version_replaces_the_older(built: Indexes) -> None:
    kite = an_item_of_ada()
    await built.writer.put([kite])
    await built.writer.put([changed(kite, "A red kite")])
    assert await built.titles() == {kite.id: "A red kite"}
    assert await built.writer.versions(None, 10) == [(kite.id, 2)]


async def test_late_write_of_an_older_version_does_no_harm(built: Indexes) -> None:
    kite, ball = an_item_of_ada(), an_item_of_ada("A ball")
    await built.writer.put([changed(kite, "A red kite")])
    await built.writer.put([kite, ball])
    assert await built.titles() == {kite.id: "A red kite", ball.id: "A ball"}


async def test_late_write_after_a_removal_does_no_harm(built: Indexes) -> None:
    kite = an_item_of_ada()
    await built.writer.put([kite])
    await built.writer.remove([kite.id])
    await built.writer.put([kite])
    await built.writer.put([changed(kite, "A red kite")])
    assert await built.titles() == {}


async def test_late_write_of_an_item_that_was_never_there_does_no_harm(built: Indexes) -> None:
    kite = an_item_of_ada()
    await built.writer.remove([kite.id])
    await built.writer.put([kite])
    assert await built.titles() == {}


async def test_repeated_writes_do_no_harm(built: Indexes) -> None:
    kite, ball = an_item_of_ada(), an_item_of_ada("A ball")
    for _ in range(2):
        await built.writer.put([kite])
        await built.writer.remove([ball.id])
    assert await built.titles() == {kite.id: "A kite"}


async def test_versions_are_read_in_pages_by_id(built: Indexes) -> None:
    items = sorted((an_item_of_ada(version=number) for number in range(1, 6)), key=lambda item: item.id)
    await built.writer.put(items[::-1])
    first = await built.writer.versions(None, 2)
    second = await built.writer.versions(first[-1][0], 2)
    last = await built.writer.versions(second[-1][0], 2)
    assert [*first, *second, *last] == [(item.id, item.version) for item in items]
    assert await built.writer.versions(last[-1][0], 2) == []


@pytest.mark.parametrize("body", [OBJECT_AS_TITLE, NUMBER_AS_TITLE], ids=["object", "number"])
async def test_items_that_the_index_rejects_are_named_and_the_others_stored(
    indexes: Indexes, body: dict[str, object]
) -> None:
    await indexes.create(body | {"aliases": {indexes.alias: {}}})
    kite, untitled = an_item_of_ada(), an_item_of_ada()
    untitled.title = None  # type: ignore[assignment]  # fits any type
    with pytest.raises(RejectedItemsError) as caught:
        await indexes.writer.put([kite, untitled])
    assert caught.value.reasons.keys() == {kite.id}
    assert "title" in caught.value.reasons[kite.id]
    assert (await indexes.titles()).keys() == {untitled.id}


async def test_write_without_an_index_fails_and_creates_none(indexes: Indexes) -> None:
    for write in (indexes.writer.put([an_item_of_ada()]), indexes.writer.remove([uuid7()])):
        with pytest.raises(UnavailableError) as caught:
            await write
        assert caught.value.reason == "the index is missing"
    assert not await indexes.names()


async def test_versions_without_an_index_fail_and_create_none(indexes: Indexes) -> None:
    with pytest.raises(UnavailableError, match="unavailable") as caught:
        await indexes.writer.versions(None, 10)
    assert "the index is missing" in str(caught.value.reason)
    assert not await indexes.names()


async def test_searches_see_the_old_index_until_the_new_one_is_complete(built: Indexes) -> None:
    kite, ball = an_item_of_ada(), an_item_of_ada("A ball")
    await built.writer.put([kite])
    [old] = await built.names()
    async with built.writer.rebuilding():
        await built.writer.put([ball])
        assert await built.titles() == {kite.id: "A kite", ball.id: "A ball"}
        assert await built.titles(built.writer.next_alias) == {ball.id: "A ball"}
    assert await built.titles() == {ball.id: "A ball"}
    [new] = await built.names()
    assert new != old


async def test_first_index_is_not_searched_before_it_is_complete(indexes: Indexes) -> None:
    kite = an_item_of_ada()
    async with indexes.writer.rebuilding():
        await indexes.writer.put([kite])
        assert not await indexes.writer.is_current()
    assert await indexes.titles() == {kite.id: "A kite"}
    assert await indexes.writer.is_current()


async def test_changes_during_a_build_are_in_the_new_index(built: Indexes) -> None:
    kite, ball = an_item_of_ada(), an_item_of_ada("A ball")
    await built.writer.put([kite, ball])
    async with built.writer.rebuilding():
        await built.writer.put([changed(kite, "A red kite")])
        await built.writer.remove([ball.id])
        await built.writer.put([kite, ball])  # what the build had read before
    assert await built.titles() == {kite.id: "A red kite"}


async def test_no_write_is_lost_while_the_first_index_goes_into_use(indexes: Indexes) -> None:
    """Each is confirmed after it has reached an index that stays, or fails."""
    confirmed: list[Item] = []
    is_over = asyncio.Event()

    async def write() -> None:
        while not is_over.is_set():
            item = an_item_of_ada()
            with suppress(UnavailableError):
                await indexes.writer.put([item])
                confirmed.append(item)

    async with asyncio.TaskGroup() as group:
        async with indexes.writer.rebuilding():
            for _ in range(WRITERS):
                group.create_task(write())
            await wait_for(lambda: len(confirmed) >= WRITERS)
        is_over.set()
    found = await indexes.titles()
    assert [item.id for item in confirmed if item.id not in found] == []


async def test_index_named_as_the_alias_is_left_alone(indexes: Indexes) -> None:
    """It may be of another application."""
    await indexes.client.client.indices.create(index=indexes.alias)
    with pytest.raises(UnavailableError) as caught:
        await indexes.writer.is_current()
    assert caught.value.reason == f"there is an index named {indexes.alias}, which must be free for an alias"
    with pytest.raises(UnavailableError, match="cannot be written"):
        await indexes.writer.put([an_item_of_ada()])
    assert await indexes.names() == [indexes.alias]


async def test_failed_build_removes_the_half_built_index(built: Indexes) -> None:
    kite = an_item_of_ada()
    before = await built.names()
    with pytest.raises(BuildError):
        async with built.writer.rebuilding():
            await built.writer.put([kite])
            raise BuildError
    assert await built.names() == before
    assert await built.titles() == {kite.id: "A kite"}


async def test_next_build_removes_what_a_killed_one_left(built: Indexes) -> None:
    left = await built.create(INDEX | {"aliases": {built.writer.next_alias: {}}})
    kite = an_item_of_ada()
    await built.writer.put([kite])
    async with built.writer.rebuilding():
        assert left not in await built.names()
        assert await built.titles(built.writer.next_alias) == {}
    assert len(await built.names()) == 1


async def test_index_of_an_older_format_is_not_current(indexes: Indexes) -> None:
    assert not await indexes.writer.is_current()
    await indexes.create(of_format(indexes, FORMAT - 1))
    assert not await indexes.writer.is_current()
    await indexes.build()
    assert await indexes.writer.is_current()


async def test_index_of_a_newer_format_is_current(indexes: Indexes) -> None:
    """So old and new workers that run at once do not take turns in building the index."""
    await indexes.create(of_format(indexes, FORMAT + 1))
    assert await indexes.writer.is_current()


async def test_index_without_a_format_is_not_current(indexes: Indexes) -> None:
    await indexes.create(OBJECT_AS_TITLE | {"aliases": {indexes.alias: {}}})
    assert not await indexes.writer.is_current()


def of_format(indexes: Indexes, number: int) -> dict[str, object]:
    mappings = INDEX["mappings"] | {"_meta": {"format": number}}
    return INDEX | {"mappings": mappings, "aliases": {indexes.alias: {}}}
