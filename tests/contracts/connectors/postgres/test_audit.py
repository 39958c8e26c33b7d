"""The promises of the port `AuditTrail`, kept by the twin and by PostgreSQL alike."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.audit import AuditRecord
from hello.entities.items import Item
from hello.services.accounts import registration
from hello.services.ports import Begin
from tests.support.builders import NOON, a_change, an_account, an_item
from tests.twins.transaction import TwinUnitOfWork


class AuditTrailContract:
    async def test_entries_say_who_changed_what_and_when(self, begin: Begin, kite: Item) -> None:
        record = replace(a_change(kite.id, "item.updated"), actor_id=kite.owner_id)
        await note(begin, kite, record, a_change(kite.id, "item.updated"))
        async with begin() as tx:
            [by_nobody, by_ada] = await tx.audit.page(kite.id, None, 2)
        assert (by_ada.at, by_ada.action, by_ada.subject_id) == (NOON, "item.updated", kite.id)
        assert (by_ada.actor_id, by_nobody.actor_id) == (kite.owner_id, None)

    @pytest.mark.parametrize(
        "details",
        [
            {},
            {"title": {"from": "A k\u00efte \U0001fa81 \u2028 \\ \"%s'", "to": None}},
            {"n": [1, -1, 2**53 + 1, 0.5, True, None], "": {"": []}},
        ],
    )
    async def test_details_come_back_as_they_were(
        self, begin: Begin, kite: Item, details: Mapping[str, Any]
    ) -> None:
        await note(begin, kite, replace(a_change(kite.id), details=details))
        async with begin() as tx:
            assert [entry.details for entry in await tx.audit.page(kite.id, None, 1)] == [details]

    async def test_ids_grow_and_the_newest_is_first_whatever_the_clock_says(
        self, begin: Begin, kite: Item
    ) -> None:
        times = [NOON.replace(hour=hour) for hour in (12, 11, 13)]
        await note(begin, kite, *(replace(a_change(kite.id), at=at) for at in times))
        async with begin() as tx:
            found = await tx.audit.page(kite.id, None, 3)
        assert [entry.at for entry in found] == times[::-1]
        assert found[0].id > found[1].id > found[2].id

    async def test_pages_lead_through_the_trail_of_one_subject(self, begin: Begin, kite: Item) -> None:
        await note(begin, kite, *(a_change(kite.id, f"item.{number}") for number in range(4)))
        async with begin() as tx:
            everything = await tx.audit.page(kite.id, None, 9)
            first = await tx.audit.page(kite.id, None, 2)
            second = await tx.audit.page(kite.id, first[-1].id, 2)
            assert await tx.audit.page(kite.id, everything[-1].id, 9) == []
            assert await tx.audit.page(an_account().id, None, 9) == []
        actions = [entry.action for entry in (*first, *second)]
        assert actions == ["item.3", "item.2", "item.1", "item.0"]
        assert [entry.action for entry in everything] == [*actions, "item.created"]

    async def test_entry_that_is_about_no_row_is_added(self, begin: Begin) -> None:
        use = an_account().id
        async with begin() as tx:
            await tx.audit.add(a_change(use, "admin_token.used", by="admin token"))
        async with begin() as tx:
            [entry] = await tx.audit.page(use, None, 9)
        assert (entry.at, entry.actor_id, entry.action) == (NOON, None, "admin_token.used")
        assert entry.details == {"by": "admin token"}

    async def test_without_a_subject_there_is_everything(self, begin: Begin, kite: Item) -> None:
        async with begin() as tx:
            first = await tx.audit.page(None, None, 2)
            second = await tx.audit.page(None, first[0].id, 1)
        assert [(entry.action, entry.subject_id) for entry in first] == [
            ("item.created", kite.id),
            ("account.registered", kite.owner_id),
        ]
        assert [entry.id for entry in second] == [first[1].id]


async def note(begin: Begin, item: Item, *records: AuditRecord) -> None:
    for record in records:
        async with begin() as tx:
            await tx.items.replace(item, record)


@pytest.fixture
async def kite(begin: Begin) -> Item:
    ada = an_account()
    item = an_item(ada)
    async with begin() as tx:
        await tx.accounts.add(ada, registration(ada))
        await tx.items.add(item, a_change(item.id))
    return item


class TestTwin(AuditTrailContract):
    @pytest.fixture
    def begin(self, twin: TwinUnitOfWork) -> Begin:
        return twin.begin


@pytest.mark.integrated
class TestPostgres(AuditTrailContract):
    @pytest.fixture
    def begin(self, rolled_back: PostgresUnitOfWork) -> Begin:
        return rolled_back.begin
