"""The inbox: an event that is delivered again has no second effect."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from hello.core.clock import Clock
from hello.entities.events import Event
from hello.services.ports import Begin, Transaction

BATCH = 10_000
Effect: TypeAlias = Callable[[Transaction, Event], Awaitable[None]]
"""What a consumer does with an event, all of it in the transaction."""


async def once(tx: Transaction, consumer: str, event: Event, effect: Effect, now: datetime) -> bool:
    """Bring the effect about, unless it was already; return whether it was not.

    If two try at once, the inbox decides: the later one waits for the end of the earlier one.
    """
    is_first = await tx.inbox.add(consumer, event.id, now)
    if is_first:
        await effect(tx, event)
    return is_first


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxService:
    begin: Begin
    now: Clock

    async def clear(self, days: int) -> int:
        """Forget what was handled so many days ago, in small transactions; return how much.

        A broker must not deliver again what is older than that.
        """
        before = self.now() - timedelta(days)
        cleared = 0
        while batch := await self._clear(before):
            cleared += batch
        return cleared

    async def _clear(self, before: datetime) -> int:
        async with self.begin() as tx:
            return await tx.inbox.clear(before, BATCH)
