"""The inbox: an event that is delivered again has no second effect."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hello.core.clock import Clock
from hello.entities.events import Event
from hello.services.event_ports import BeginEvents, Effect, EventTransaction

BATCH = 10_000


async def once(tx: EventTransaction, consumer: str, event: Event, effect: Effect, now: datetime) -> bool:
    """Bring the effect about, unless it was already; return whether it was not.

    Two who try at once are told apart by the inbox, where the later one waits for the earlier one's end.
    """
    is_first = await tx.inbox.add(consumer, event.id, now)
    if is_first:
        await effect(tx, event)
    return is_first


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxService:
    begin: BeginEvents
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
