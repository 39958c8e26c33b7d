"""Twins of writes that share a batch: each is a transaction of its own, on any database."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from hello.core.batching import Callback
from hello.entities.audit import AuditRecord
from hello.entities.errors import UnauthorizedError
from hello.entities.items import ITEM_CREATED, Item, ItemView, item_event
from hello.services.item_creation import NewItem
from hello.services.ports import Begin

Key = TypeVar("Key")
Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class TwinWrites(Generic[Key, Work, Result]):
    call: Callable[[Mapping[Key, Work]], Awaitable[Mapping[Key, Result]]]

    async def do(self, key: Key, item: Work) -> Result | None:
        return (await self.call({key: item})).get(key)

    def do_nowait(self, key: Key, item: Work, callback: Callback[Result]) -> None:
        """Call back once the work is done, in a task of its own."""

        def call_back(task: "asyncio.Task[Result | None]") -> None:
            error = task.exception()
            assert error is None or isinstance(error, Exception)
            callback(None if error else task.result(), error)

        asyncio.create_task(self.do(key, item)).add_done_callback(call_back)


@dataclass(frozen=True, slots=True)
class TwinItemStore:
    begin: Begin

    async def add(self, items: Mapping[UUID, NewItem]) -> Mapping[UUID, ItemView]:
        async with self.begin() as tx:
            found = {}
            for key, new in items.items():
                if (owner := await tx.accounts.find(new.item.owner_id)) is None:
                    raise UnauthorizedError("the account no longer exists")
                item, record = item_of(new.item), record_of(new)
                await tx.items.add(item, record)
                await tx.outbox.add(item_event(record, item))
                found[key] = new.item._replace(owner_name=owner.full_name)
        return found


def item_of(view: ItemView) -> Item:
    fields = view._asdict()
    del fields["owner_name"]
    return Item(**fields)


def record_of(new: NewItem) -> AuditRecord:
    item = new.item
    return AuditRecord(
        at=item.created_at,
        actor_id=item.owner_id,
        action=ITEM_CREATED,
        subject_id=item.id,
        details=new.content,
    )


def twin_item_writes(begin: Begin) -> TwinWrites[UUID, NewItem, ItemView]:
    return TwinWrites(TwinItemStore(begin).add)
