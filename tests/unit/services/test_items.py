"""Items: who may change them, what is noted of it, and what readers are shown."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello.entities.accounts import Account, Role
from hello.entities.errors import ForbiddenError, NotFoundError, StaleError, UnauthorizedError
from hello.entities.items import ItemView
from hello.services.bus import DomainEvent
from hello.services.items import ItemChanged, ItemContent, ItemService, difference
from hello.services.security import Caller
from tests.support.builders import NOON, StoppedClock, an_account, numbered_ids
from tests.twins.lookups import twin_lookups
from tests.twins.transaction import TwinBus, TwinUnitOfWork
from tests.twins.writes import twin_item_writes

KITE = ItemContent(title="A kite", description="Flies.", price_cents=1999)
DRUM = ItemContent(title="A drum")
DAY = timedelta(days=1)
ChangeItem: TypeAlias = Callable[["ItemUseCases", Caller, UUID, frozenset[int] | None], Awaitable[object]]


@dataclass
class WatchedBus(TwinBus):
    """Notes what had been committed when an event was published: the title, None for an item that is gone."""

    twin: TwinUnitOfWork = field(default_factory=TwinUnitOfWork)
    seen: list[str | None] = field(default_factory=list)

    async def publish(self, event: DomainEvent) -> None:
        assert isinstance(event, ItemChanged)
        row = self.twin.stored.items.rows.get(event.item_id)
        self.seen.append(row.title if row else None)
        await super().publish(event)


class ItemUseCases:
    """The use cases on twins, with two people who have accounts."""

    def __init__(self) -> None:
        self.twin, self.clock, ids = TwinUnitOfWork(), StoppedClock(), numbered_ids()
        self.bus, lookups = WatchedBus(twin=self.twin), twin_lookups(self.twin.begin)
        self.items = ItemService(
            begin=self.twin.begin,
            lookup=lookups.items,
            pages=lookups.item_pages,
            creation=twin_item_writes(self.twin.begin),
            publish=self.bus.publish,
            now=self.clock,
            new_id=lambda: next(ids),
        )
        self.ada, self.bob = (self.caller_of(an_account()) for _ in range(2))

    def caller_of(self, account: Account) -> Caller:
        self.twin.stored.accounts.rows[account.id] = account
        return Caller(account.id, Role.USER)

    async def kite(self) -> UUID:
        return (await self.items.create(self.ada, KITE)).id

    async def titles(self, skip: int = 0, limit: int = 20, owner: Caller | None = None) -> tuple[str, int]:
        found, total = await self.items.page(skip, limit, owner.account_id if owner else None)
        return "".join(shown.title for shown in found), total

    def state(self) -> tuple[object, ...]:
        """Return all that a refused request must leave alone."""
        rows = [(row.id, row.title, row.version, row.updated_at) for row in self.stored.values()]
        return rows, len(self.trail), list(self.bus.published)

    @property
    def stored(self) -> dict[UUID, Any]:
        return dict(self.twin.stored.items.rows)

    @property
    def trail(self) -> list[tuple[str, UUID | None, UUID, dict[str, Any]]]:
        entries = self.twin.stored.audit.entries
        return [(entry.action, entry.actor_id, entry.subject_id, entry.details) for entry in entries]


@pytest.fixture
def use_cases() -> ItemUseCases:
    return ItemUseCases()


def replacing(
    use_cases: ItemUseCases, caller: Caller, item_id: UUID, seen: frozenset[int] | None
) -> Awaitable[ItemView]:
    return use_cases.items.replace(caller, item_id, DRUM, seen)


def removing(
    use_cases: ItemUseCases, caller: Caller, item_id: UUID, seen: frozenset[int] | None
) -> Awaitable[None]:
    return use_cases.items.remove(caller, item_id, seen)


either = pytest.mark.parametrize("change", [replacing, removing])


async def test_created_item_is_returned_with_its_owner(use_cases: ItemUseCases) -> None:
    shown = await use_cases.items.create(use_cases.ada, KITE)
    assert shown.owner_id == use_cases.ada.account_id
    row = use_cases.stored[shown.id]
    assert (row.title, row.description, row.price_cents) == ("A kite", "Flies.", 1999)
    assert (row.owner_id, row.version) == (use_cases.ada.account_id, 1)
    assert row.created_at == row.updated_at == NOON


async def test_only_the_title_is_required(use_cases: ItemUseCases) -> None:
    item = await use_cases.items.create(use_cases.ada, DRUM)
    assert (item.description, item.price_cents) == (None, None)


async def test_creation_of_an_item_is_audited(use_cases: ItemUseCases) -> None:
    kite = await use_cases.kite()
    details = {"title": "A kite", "description": "Flies.", "price_cents": 1999}
    assert use_cases.trail == [("item.created", use_cases.ada.account_id, kite, details)]


async def test_each_change_has_its_event(use_cases: ItemUseCases) -> None:
    kite = await use_cases.kite()
    await use_cases.items.replace(use_cases.ada, kite, DRUM, None)
    await use_cases.items.remove(use_cases.ada, kite, None)
    events = use_cases.twin.stored.outbox.events
    assert [(event.type, event.id) for event in events] == [
        ("item.created", f"{kite}-1"),
        ("item.updated", f"{kite}-2"),
        ("item.deleted", f"{kite}-deleted"),
    ]
    assert [event.data.get("title") for event in events] == ["A kite", "A drum", None]


async def test_refused_change_has_no_event(use_cases: ItemUseCases) -> None:
    kite = await use_cases.kite()
    with pytest.raises(ForbiddenError):
        await use_cases.items.replace(use_cases.bob, kite, DRUM, None)
    with pytest.raises(StaleError):
        await use_cases.items.remove(use_cases.ada, kite, frozenset({7}))
    assert [event.type for event in use_cases.twin.stored.outbox.events] == ["item.created"]


async def test_own_account_may_be_given_as_owner(use_cases: ItemUseCases) -> None:
    content = replace(KITE, owner_id=use_cases.ada.account_id)
    kite = (await use_cases.items.create(use_cases.ada, content)).id
    assert (
        await use_cases.items.replace(use_cases.ada, kite, content, None)
    ).owner_id == use_cases.ada.account_id
    assert all("owner_id" not in details for *_, details in use_cases.trail)


async def test_item_for_another_owner_is_forbidden(use_cases: ItemUseCases) -> None:
    kite, content = await use_cases.kite(), replace(DRUM, owner_id=use_cases.bob.account_id)
    before = use_cases.state()
    with pytest.raises(ForbiddenError):
        await use_cases.items.create(use_cases.ada, content)
    with pytest.raises(ForbiddenError):
        await use_cases.items.replace(use_cases.ada, kite, content, None)
    assert use_cases.state() == before


async def test_deleted_account_cannot_create_items(use_cases: ItemUseCases) -> None:
    with pytest.raises(UnauthorizedError):
        await use_cases.items.create(Caller(an_account().id, Role.USER), KITE)
    assert not use_cases.stored
    assert not use_cases.trail


async def test_a_replacement_changes_everything_but_owner_and_beginning(use_cases: ItemUseCases) -> None:
    kite = await use_cases.kite()
    use_cases.clock.move(DAY)
    shown = await use_cases.items.replace(use_cases.ada, kite, DRUM, None)
    assert shown.owner_id == use_cases.ada.account_id
    for item in (shown, use_cases.stored[kite]):
        assert (item.id, item.title, item.description, item.price_cents) == (kite, "A drum", None, None)
        assert (item.owner_id, item.version) == (use_cases.ada.account_id, 2)
        assert (item.created_at, item.updated_at) == (NOON, NOON + DAY)


async def test_the_version_grows_with_every_replacement_even_by_the_same(use_cases: ItemUseCases) -> None:
    kite = await use_cases.kite()
    versions = [(await use_cases.items.replace(use_cases.ada, kite, KITE, None)).version for _ in range(3)]
    assert versions == [2, 3, 4]
    assert [details for *_, details in use_cases.trail[1:]] == [{}, {}, {}]


async def test_an_item_gets_no_older_when_the_clock_is_set_back(use_cases: ItemUseCases) -> None:
    kite, times = await use_cases.kite(), []
    for hours in (2, -5, 1, 4):
        use_cases.clock.move(timedelta(hours=hours))
        times.append((await use_cases.items.replace(use_cases.ada, kite, KITE, None)).updated_at)
    assert times == [NOON + timedelta(hours=2)] * 4
    assert use_cases.stored[kite].updated_at == times[-1]


async def test_audit_entry_has_old_and_new_values_of_changed_fields(use_cases: ItemUseCases) -> None:
    kite = await use_cases.kite()
    await use_cases.items.replace(use_cases.ada, kite, replace(KITE, price_cents=0, description=None), None)
    details = {"price_cents": {"from": 1999, "to": 0}, "description": {"from": "Flies.", "to": None}}
    assert use_cases.trail[1:] == [("item.updated", use_cases.ada.account_id, kite, details)]


fields = st.fixed_dictionaries(
    {"title": st.text(), "description": st.none() | st.text(), "price_cents": st.none() | st.integers()}
)


@given(fields, fields)
def test_a_difference_leads_from_before_to_after_and_back(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    noted = difference(before, after)
    assert before | {name: change["to"] for name, change in noted.items()} == after
    assert after | {name: change["from"] for name, change in noted.items()} == before
    assert all(change["from"] != change["to"] for change in noted.values())


async def test_a_removal_leaves_the_title_in_the_trail(use_cases: ItemUseCases) -> None:
    kite = await use_cases.kite()
    await use_cases.items.remove(use_cases.ada, kite, None)
    assert not use_cases.stored
    assert use_cases.trail[1:] == [("item.deleted", use_cases.ada.account_id, kite, {"title": "A kite"})]


@either
async def test_change_of_a_missing_item_is_not_found(use_cases: ItemUseCases, change: ChangeItem) -> None:
    kite = await use_cases.kite()
    await use_cases.items.remove(use_cases.ada, kite, None)
    before = use_cases.state()
    with pytest.raises(NotFoundError):
        await change(use_cases, use_cases.ada, kite, None)
    assert use_cases.state() == before


@either
@pytest.mark.parametrize("seen", [None, frozenset({1}), frozenset({2})], ids=str)
async def test_change_by_another_account_is_forbidden_for_any_version(
    use_cases: ItemUseCases, change: ChangeItem, seen: frozenset[int] | None
) -> None:
    kite = await use_cases.kite()
    before = use_cases.state()
    with pytest.raises(ForbiddenError, match="somebody else"):
        await change(use_cases, use_cases.bob, kite, seen)
    assert use_cases.state() == before


@either
async def test_change_by_an_administrator_is_forbidden(use_cases: ItemUseCases, change: ChangeItem) -> None:
    with pytest.raises(ForbiddenError):
        await change(use_cases, Caller(use_cases.bob.account_id, Role.ADMIN), await use_cases.kite(), None)


@either
@pytest.mark.parametrize("seen", [frozenset(), frozenset({1}), frozenset({3, 4})], ids=sorted)
async def test_change_of_an_unseen_version_is_stale(
    use_cases: ItemUseCases, change: ChangeItem, seen: frozenset[int]
) -> None:
    kite = await use_cases.kite()
    await use_cases.items.replace(use_cases.ada, kite, KITE, None)
    before = use_cases.state()
    with pytest.raises(StaleError):
        await change(use_cases, use_cases.ada, kite, seen)
    assert use_cases.state() == before


@either
@pytest.mark.parametrize("seen", [None, frozenset({2}), frozenset({1, 2, 3})])
async def test_change_of_the_seen_version_succeeds(
    use_cases: ItemUseCases, change: ChangeItem, seen: frozenset[int] | None
) -> None:
    kite = await use_cases.kite()
    await use_cases.items.replace(use_cases.ada, kite, KITE, None)
    await change(use_cases, use_cases.ada, kite, seen)
    assert use_cases.bus.seen[1:] == ["A drum" if change is replacing else None]


@either
async def test_change_is_published_after_the_commit(use_cases: ItemUseCases, change: ChangeItem) -> None:
    kite = await use_cases.kite()
    await change(use_cases, use_cases.ada, kite, None)
    assert use_cases.bus.published == [ItemChanged(kite)]
    assert use_cases.bus.seen == ["A drum" if change is replacing else None]


async def test_readers_see_each_change(use_cases: ItemUseCases) -> None:
    kite = await use_cases.kite()
    assert (await use_cases.items.read(kite)).owner_name == "Ada Lovelace"
    for content in (KITE, DRUM):
        replaced = await use_cases.items.replace(use_cases.ada, kite, content, None)
        assert await use_cases.items.read(kite) == replaced
    await use_cases.items.remove(use_cases.ada, kite, None)
    with pytest.raises(NotFoundError, match="no such item"):
        await use_cases.items.read(kite)


async def test_created_item_is_read_as_it_was_returned(use_cases: ItemUseCases) -> None:
    with pytest.raises(NotFoundError):
        await use_cases.items.read(next(numbered_ids()))
    created = await use_cases.items.create(use_cases.ada, KITE)
    assert await use_cases.items.read(created.id) == created


async def test_lists_begin_with_the_newest_and_count_all(use_cases: ItemUseCases) -> None:
    for name, caller in zip("abcde", [use_cases.ada, use_cases.bob] * 3, strict=False):
        await use_cases.items.create(caller, ItemContent(title=name))
    assert await use_cases.titles() == ("edcba", 5)
    assert await use_cases.titles(skip=1, limit=2) == ("dc", 5)
    assert await use_cases.titles(skip=9) == ("", 5)
    assert await use_cases.titles(owner=use_cases.bob) == ("db", 2)
    assert await use_cases.titles(owner=use_cases.caller_of(an_account())) == ("", 0)
    found, _ = await use_cases.items.page(0, 20, None)
    assert all(shown.owner_name == "Ada Lovelace" for shown in found)


@either
async def test_only_changes_lock_the_item(use_cases: ItemUseCases, change: ChangeItem) -> None:
    kite = await use_cases.kite()
    await use_cases.items.read(kite)
    assert use_cases.twin.stored.items.locked == []
    await change(use_cases, use_cases.ada, kite, None)
    assert use_cases.twin.stored.items.locked == [kite]


async def test_audit_times_of_an_item_never_go_back(
    use_cases: ItemUseCases,
) -> None:
    kite = await use_cases.kite()
    for hours in (2, -5):
        use_cases.clock.move(timedelta(hours=hours))
        await (replacing if hours > 0 else removing)(use_cases, use_cases.ada, kite, None)
    times = [entry.at - NOON for entry in use_cases.twin.stored.audit.entries]
    assert times == [timedelta(0), timedelta(hours=2), timedelta(hours=2)]


async def test_removal_of_an_item_is_audited_with_its_time(use_cases: ItemUseCases) -> None:
    kite = await use_cases.kite()
    use_cases.clock.move(DAY)
    await use_cases.items.remove(use_cases.ada, kite, None)
    assert [entry.at for entry in use_cases.twin.stored.audit.entries] == [NOON, NOON + DAY]
