"""The promises of the port `Items`, kept by the twin and by PostgreSQL alike."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.accounts import Account
from hello.entities.items import Item
from hello.services.ports import Begin
from tests.support.builders import NOON, a_change, an_account, an_item
from tests.twins.transaction import TwinUnitOfWork

ODD = "A k\u00efte \u2028 'of' \"Ada\" \U0001fa81 %s \\n"
LATER = NOON + timedelta(days=1)


class ItemsContract:
    @pytest.mark.parametrize("lock", [False, True])
    async def test_added_item_is_found_with_its_owner(
        self, begin: Begin, ada: Account, *, lock: bool
    ) -> None:
        kite = an_item(ada, ODD, version=7)
        kite.description, kite.price_cents = f"{ODD}\n" * 100, 1_000_000_000
        await add(begin, kite)
        async with begin() as tx:
            found = await tx.items.find(kite.id, lock=lock)
        assert found
        assert shape(found) == shape(kite)
        assert (found.owner.id, found.owner.full_name) == (ada.id, ada.full_name)

    @pytest.mark.parametrize("lock", [False, True])
    async def test_unknown_item_is_not_found(self, begin: Begin, ada: Account, *, lock: bool) -> None:
        await add(begin, an_item(ada))
        async with begin() as tx:
            assert await tx.items.find(an_item(ada).id, lock=lock) is None

    async def test_description_and_price_may_be_missing(self, begin: Begin, ada: Account) -> None:
        kite = an_item(ada)
        kite.description = kite.price_cents = None
        await add(begin, kite)
        async with begin() as tx:
            found = await tx.items.find(kite.id)
        assert found
        assert (found.description, found.price_cents) == (None, None)

    async def test_pages_begin_with_the_newest_and_count_all(
        self, begin: Begin, ada: Account, bob: Account
    ) -> None:
        items = [an_item(owner, name) for owner, name in zip((ada, bob, ada, bob, ada), "abcde", strict=True)]
        for item in items[::2] + items[1::2]:
            await add(begin, item)
        async with begin() as tx:
            pages = [await tx.items.page(skip, 2, ada.id) for skip in (0, 1, 2, 3, 1_000_000)]
            assert [(titles(found), total) for found, total in pages] == [
                ("ec", 3),
                ("ca", 3),
                ("a", 3),
                ("", 3),
                ("", 3),
            ]
            everything, total = await tx.items.page(0, 5, None)
            _, total_of_bob = await tx.items.page(0, 1, bob.id)
            assert await tx.items.page(0, 1, an_account().id) == ([], 0)
        assert titles(everything) == "edcba"
        assert total >= 5
        assert total_of_bob == 2
        assert [item.owner.id for item in everything] == [item.owner_id for item in items[::-1]]

    async def test_replaced_item_is_read_by_later_transactions(self, begin: Begin, ada: Account) -> None:
        kite, other = an_item(ada), an_item(ada)
        for item in (kite, other):
            await add(begin, item)
        changed = an_item(ada, ODD, version=2)
        changed.id, changed.description, changed.price_cents, changed.updated_at = kite.id, ODD, None, LATER
        async with begin() as tx:
            assert await tx.items.find(kite.id, lock=True)
            await tx.items.replace(changed, a_change(kite.id, "item.updated"))
        async with begin() as tx:
            found = [await tx.items.find(item.id) for item in (kite, other)]
        assert [item and shape(item) for item in found] == [shape(changed), shape(other)]
        assert found[0]
        assert found[0].owner.id == ada.id

    async def test_removed_item_is_gone(self, begin: Begin, ada: Account) -> None:
        kite, other = an_item(ada), an_item(ada)
        for item in (kite, other):
            await add(begin, item)
        async with begin() as tx:
            await tx.items.remove(kite.id, a_change(kite.id, "item.deleted"))
        async with begin() as tx:
            assert await tx.items.find(kite.id) is None
            found, total = await tx.items.page(0, 9, ada.id)
        assert ([item.id for item in found], total) == ([other.id], 1)

    async def test_every_change_of_an_item_is_audited(self, begin: Begin, ada: Account) -> None:
        kite, details = an_item(ada), {"title": {"from": ODD, "to": None}, "n": [1, {"": True}]}
        async with begin() as tx:
            await tx.items.add(kite, a_change(kite.id, "item.created"))
            await tx.items.replace(kite, a_change(kite.id, "item.updated", **details))
            await tx.items.remove(kite.id, a_change(kite.id, "item.deleted"))
        assert await noted(begin, kite.id) == [
            ("item.deleted", {}),
            ("item.updated", details),
            ("item.created", {}),
        ]

    async def test_missing_item_is_neither_changed_nor_audited(self, begin: Begin, ada: Account) -> None:
        kite = an_item(ada)
        async with begin() as tx:
            await tx.items.replace(kite, a_change(kite.id, "item.updated"))
            await tx.items.remove(kite.id, a_change(kite.id, "item.deleted"))
        async with begin() as tx:
            assert await tx.items.find(kite.id) is None
        assert await noted(begin, kite.id) == []

    async def test_error_rolls_back_the_item_and_its_audit_entry(self, begin: Begin, ada: Account) -> None:
        kite, drum = an_item(ada), an_item(ada)
        await add(begin, kite)
        with pytest.raises(ZeroDivisionError):
            async with begin() as tx:
                await tx.items.add(drum, a_change(drum.id, "item.created"))
                await tx.items.remove(kite.id, a_change(kite.id, "item.deleted"))
                raise ZeroDivisionError
        async with begin() as tx:
            assert await tx.items.find(kite.id)
            assert await tx.items.find(drum.id) is None
        assert await noted(begin, kite.id) == [("item.created", {})]
        assert await noted(begin, drum.id) == []

    async def test_items_of_an_owner_are_removed_in_batches_and_each_is_audited(
        self, begin: Begin, ada: Account, bob: Account
    ) -> None:
        kites, other = [an_item(ada) for _ in range(3)], an_item(bob)
        for item in (*kites, other):
            await add(begin, item)
        record = a_change(ada.id, "item.deleted")
        async with begin() as tx:
            removed = [list(await tx.items.remove_owned(ada.id, 2, record)) for _ in range(3)]
        assert [len(ids) for ids in removed] == [2, 1, 0]
        assert {item_id for ids in removed for item_id in ids} == {kite.id for kite in kites}
        async with begin() as tx:
            assert list(await tx.items.find_all([kite.id for kite in (*kites, other)])) == [other.id]
            for kite in kites:
                assert (await tx.audit.page(kite.id, None, 1))[0].action == "item.deleted"


def shape(item: Item) -> tuple[object, ...]:
    times = item.created_at, item.updated_at
    return item.id, item.title, item.description, item.price_cents, item.owner_id, item.version, times


def titles(items: Sequence[Item]) -> str:
    return "".join(item.title for item in items)


async def add(begin: Begin, item: Item) -> None:
    async with begin() as tx:
        await tx.items.add(item, a_change(item.id, "item.created"))


async def noted(begin: Begin, subject_id: UUID) -> list[tuple[str, object]]:
    async with begin() as tx:
        return [(entry.action, entry.details) for entry in await tx.audit.page(subject_id, None, 9)]


class TestTwin(ItemsContract):
    @pytest.fixture
    def begin(self, twin: TwinUnitOfWork) -> Begin:
        return twin.begin


@pytest.mark.integrated
class TestPostgres(ItemsContract):
    @pytest.fixture
    def begin(self, rolled_back: PostgresUnitOfWork) -> Begin:
        return rolled_back.begin
