"""Following an order: every change of it, from any version on, as it happens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from hello.core.stops import Stop
from hello.entities.errors import UnavailableError
from hello.entities.order_changes import OrderChange, changes_of
from hello.services.callers import Caller
from hello.services.event_ports import Wakeup
from hello.services.orders import own_order
from hello.services.ports import Begin

REVISIONS_AT_ONCE = 100
Listen: TypeAlias = Callable[[UUID], AbstractContextManager[Wakeup]]
"""Hears of every change of one order."""


@dataclass(frozen=True, slots=True)
class Portion:
    """The next changes; `has_more` when there are others already, `is_over` when none will come."""

    changes: Sequence[OrderChange]
    has_more: bool
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFeed:
    """A feed that has nothing to tell for `heartbeat_s` says so; it ends when the process shall stop."""

    begin: Begin
    listen: Listen
    stop: Stop
    heartbeat_s: float = 15
    retry_s: float = 1

    async def is_over(self, caller: Caller, order_id: UUID, after: int) -> bool:
        """Say whether nothing has come or will come behind the version `after`; raise `NotFoundError`."""
        portion = await self._portion(caller, order_id, after)
        return portion.is_over and not portion.changes

    async def follow(self, caller: Caller, order_id: UUID, after: int) -> AsyncIterator[OrderChange | None]:
        """Yield each change behind the version `after`, None for a heartbeat; end after a final state.

        An outage of the database is waited for.
        """
        with self.listen(order_id) as wakeup:
            while not self.stop.is_set:
                portion = await self._portion_at_last(caller, order_id, after)
                for change in portion.changes:
                    after = change.version
                    yield change
                if portion.is_over:
                    return
                while not (portion.has_more or await self._is_told(wakeup)):
                    yield None

    async def _is_told(self, wakeup: Wakeup) -> bool:
        """Wait for a change, the stop, or the next heartbeat: False then."""
        return await self.stop.during(wakeup.wait(self.heartbeat_s)) is not False

    async def _portion_at_last(self, caller: Caller, order_id: UUID, after: int) -> Portion:
        while not self.stop.is_set:
            with suppress(UnavailableError):
                return await self._portion(caller, order_id, after)
            await self.stop.during(asyncio.sleep(self.retry_s))
        return Portion((), has_more=False, is_over=True)

    async def _portion(self, caller: Caller, order_id: UUID, after: int) -> Portion:
        async with self.begin() as tx:
            order = await own_order(tx, caller, order_id)
            replaced = await tx.orders.revisions(order_id, after, order.version, REVISIONS_AT_ONCE)
        has_more = len(replaced) == REVISIONS_AT_ONCE
        until = replaced[-1].version - 1 if has_more else order.version
        changes = changes_of(order, replaced, after, until)
        return Portion(changes, has_more, is_over=order.is_final and not has_more)
