"""How late events and orders are."""

from datetime import timedelta

from hello.services.event_lag import EventLag, Lag
from tests.support.builders import NOON, StoppedClock, a_name
from tests.twins.events import an_event
from tests.twins.transaction import TwinUnitOfWork


async def test_nothing_waits_at_first(twin: TwinUnitOfWork) -> None:
    assert await EventLag(begin=twin.begin, now=StoppedClock()).read() == Lag(event_s=None, order_s=None)


async def test_oldest_event_waits_since_its_time(twin: TwinUnitOfWork) -> None:
    clock, event = StoppedClock(), an_event(a_name())
    async with twin.begin() as tx:
        await tx.outbox.add(event, an_event(a_name()))
    clock.move(event.time - NOON + timedelta(seconds=7))
    assert (await EventLag(begin=twin.begin, now=clock).read()).event_s == 7
