"""Orders move by themselves when they are due."""

from datetime import timedelta
from uuid import UUID

import pytest

from hello.core.traces import traced
from hello.entities.errors import ConflictError
from hello.services.security import Caller
from tests.support.builders import NOON
from tests.support.orders import CONFIRM_DELAY, SHIP_DELAY, OrderUseCases, event_types, of, shown
from tests.twins.traces import RECORDED, another
from tests.twins.transaction import TwinUnitOfWork

LATER = timedelta(hours=1)


async def test_orders_go_their_way_by_themselves(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    order_id, moved = await use_cases.ordered(ada, of(kite)), []
    almost = timedelta(milliseconds=1)
    for step in (timedelta(0), CONFIRM_DELAY - almost, almost, SHIP_DELAY - almost, almost, LATER):
        use_cases.clock.move(step)
        moved.append(await use_cases.progress.advance(10))
    assert moved == [0, 0, 1, 0, 1, 0]
    order = await use_cases.orders.read(ada, order_id)
    confirmed = NOON + CONFIRM_DELAY
    assert [(move.status, move.at) for move in order.history] == [
        ("CREATED", NOON),
        ("CONFIRMED", confirmed),
        ("SHIPPED", confirmed + SHIP_DELAY),
    ]
    assert event_types(twin) == ["order.created", "order.confirmed", "order.shipped"]
    assert use_cases.moves == {"CONFIRMED": 1, "SHIPPED": 1}
    assert [event.id for event in twin.stored.outbox.events] == [f"{order_id}-{n}" for n in (1, 2, 3)]
    assert twin.stored.outbox.events[-1].data == shown(order)
    with pytest.raises(ConflictError, match="SHIPPED"):
        await use_cases.orders.cancel(ada, order_id, None)


async def test_moves_go_on_with_the_trace_of_the_request_that_made_the_order(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    with traced(RECORDED):
        await use_cases.ordered(ada, of(kite))
    await use_cases.ordered(ada, of(kite))
    use_cases.clock.move(CONFIRM_DELAY)
    with traced(another(1)):
        await use_cases.progress.advance(2)
    moves = [event for event in twin.stored.outbox.events if event.type == "order.confirmed"]
    assert {event.traceparent for event in moves} == {RECORDED, None}


async def test_progress_respects_its_limit(use_cases: OrderUseCases, ada: Caller, kite: UUID) -> None:
    for _ in range(5):
        await use_cases.ordered(ada, of(kite))
    use_cases.clock.move(CONFIRM_DELAY)
    assert [await use_cases.progress.advance(2) for _ in range(4)] == [2, 2, 1, 0]
