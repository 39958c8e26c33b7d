"""The gift catalogue: items that everybody sees and their owners change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hello.core.batching import Callback
from hello.core.clock import Clock
from hello.core.ids import NewUuid
from hello.core.traces import current_traceparent
from hello.entities.audit import AuditRecord
from hello.entities.base import SeenVersions
from hello.entities.errors import ForbiddenError, NotFoundError
from hello.entities.items import Item, ItemView, item_event
from hello.services.bus import DomainEvent, Publish
from hello.services.item_creation import CreateItem, NewItem
from hello.services.lookups import ItemPage, ItemPageKey, Lookup, checked
from hello.services.ports import Begin, Transaction
from hello.services.security import Caller

Found = TypeVar("Found", Item, ItemView)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemContent:
    """What an owner decides; `owner_id` can only be one's own."""

    title: str
    description: str | None = None
    price_cents: int | None = None
    owner_id: UUID | None = None

    def check_owner(self, caller: Caller) -> None:
        if self.owner_id not in {None, caller.account_id}:
            raise ForbiddenError("an item can only be your own")

    def fields(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "owner_id"}


@dataclass(frozen=True, slots=True)
class ItemChanged(DomainEvent):
    """Replaced or removed."""

    name: ClassVar[str] = "item.changed"
    item_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemService:
    begin: Begin
    lookup: Lookup[UUID, ItemView]
    pages: Lookup[ItemPageKey, ItemPage]
    creation: CreateItem
    publish: Publish
    now: Clock
    new_id: NewUuid

    async def create(self, caller: Caller, content: ItemContent) -> ItemView:
        """Raise `ForbiddenError` for an item of somebody else, `UnauthorizedError` without an account."""
        new = self._new_view(caller, content)
        item = await self.creation.do(new.item.id, new)
        return item or new.item

    def create_nowait(self, caller: Caller, content: ItemContent, callback: Callback[ItemView]) -> None:
        """Call back with what `create` returns or raises."""
        try:
            new = self._new_view(caller, content)
        except ForbiddenError as error:
            callback(None, error)
        else:
            self.creation.do_nowait(new.item.id, new, callback)

    def _new_view(self, caller: Caller, content: ItemContent) -> NewItem:
        content.check_owner(caller)
        at, fields = self.now(), content.fields()
        item = ItemView(
            id=self.new_id(),
            owner_id=caller.account_id,
            owner_name="",
            version=1,
            created_at=at,
            updated_at=at,
            **fields,
        )
        return NewItem(item, fields, current_traceparent())

    async def create_all(self, caller: Caller, contents: Sequence[ItemContent]) -> None:
        """Create at least one item of the caller, all in one transaction."""
        items = [self._new(caller, content) for content in contents]
        records = [
            self._record(caller, item, "created", content.fields())
            for item, content in zip(items, contents, strict=True)
        ]
        async with self.begin() as tx:
            await tx.items.add_all(items, records)
            await tx.outbox.add(*map(item_event, records, items))

    async def read(self, item_id: UUID) -> ItemView:
        """Raise `NotFoundError`."""
        return existing(await self.lookup.find(item_id))

    def read_nowait(self, item_id: UUID, callback: Callback[ItemView]) -> None:
        """Call back with what `read` returns or raises."""
        self.lookup.find_nowait(item_id, checked(existing, callback))

    def page_nowait(self, key: ItemPageKey, callback: Callback[ItemPage]) -> None:
        """Call back with a page of all items."""
        self.pages.find_nowait(key, callback)

    async def page(self, skip: int, limit: int, owner_id: UUID | None) -> ItemPage:
        if owner_id is None:
            return await self.pages.find(ItemPageKey(skip, limit)) or ItemPage([], 0)
        async with self.begin() as tx:
            items, total = await tx.items.page(skip, limit, owner_id)
        return ItemPage([ItemView.of(item, item.owner.full_name) for item in items], total)

    async def replace(
        self, caller: Caller, item_id: UUID, content: ItemContent, seen: SeenVersions
    ) -> ItemView:
        """Raise `NotFoundError`, `ForbiddenError`, or `StaleError` unless the version is one of `seen`."""
        content.check_owner(caller)
        async with self.begin() as tx:
            item = await self._changeable(tx, caller, item_id, seen)
            before = {name: getattr(item, name) for name in content.fields()}
            changed = Item(
                id=item.id,
                owner_id=item.owner_id,
                version=item.version + 1,
                created_at=item.created_at,
                updated_at=max(self.now(), item.updated_at),
                **content.fields(),
            )
            record = self._record(caller, changed, "updated", difference(before, content.fields()))
            await tx.items.replace(changed, record)
            await tx.outbox.add(item_event(record, changed))
        await self.publish(ItemChanged(item_id))
        return ItemView.of(changed, item.owner.full_name)

    async def remove(self, caller: Caller, item_id: UUID, seen: SeenVersions) -> None:
        """Raise what `replace` raises."""
        async with self.begin() as tx:
            item = await self._changeable(tx, caller, item_id, seen)
            record = self._record(caller, item, "deleted", {"title": item.title})
            record = replace(record, at=max(self.now(), item.updated_at))
            await tx.items.remove(item_id, record)
            await tx.outbox.add(item_event(record))
        await self.publish(ItemChanged(item_id))

    def _new(self, caller: Caller, content: ItemContent) -> Item:
        at = self.now()
        return Item(
            id=self.new_id(),
            owner_id=caller.account_id,
            version=1,
            created_at=at,
            updated_at=at,
            **content.fields(),
        )

    async def _changeable(self, tx: Transaction, caller: Caller, item_id: UUID, seen: SeenVersions) -> Item:
        """Return it locked, so that nothing comes between the check and the change."""
        item = existing(await tx.items.find(item_id, lock=True))
        item.check_owner(caller.account_id)
        item.check_version(seen)
        return item

    def _record(self, caller: Caller, item: Item, what: str, details: Mapping[str, Any]) -> AuditRecord:
        return AuditRecord(
            at=item.updated_at,
            actor_id=caller.account_id,
            action=f"item.{what}",
            subject_id=item.id,
            details=details,
        )


def existing(item: Found | None) -> Found:
    if item is None:
        raise NotFoundError("no such item")
    return item


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what each changed field was and is."""
    return {
        name: {"from": before[name], "to": value} for name, value in after.items() if before[name] != value
    }
