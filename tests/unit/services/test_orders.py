"""What customers do with orders."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hello.entities.errors import ConflictError, InvalidError, NotFoundError, StaleError
from hello.entities.orders import PAGE_LINES, Order
from hello.services.bus import DomainEvent
from hello.services.order_creation import OrderCreated
from hello.services.orders import OrderCancelled, OrderReplaced
from hello.services.security import Caller
from tests.support.builders import NOON
from tests.support.orders import (
    CONFIRM_DELAY,
    OrderUseCases,
    a_request,
    event_types,
    of,
    shown,
    stored_state,
)
from tests.twins.orders import TwinOrders
from tests.twins.transaction import TwinBus, TwinUnitOfWork

LATER = timedelta(hours=1)
KNOWN = "John"


@pytest.fixture
async def use_cases(twin: TwinUnitOfWork) -> OrderUseCases:
    use_cases = OrderUseCases(twin.begin)
    async with twin.begin() as tx:
        await tx.people.save({KNOWN: NOON.date()}, [])
    return use_cases


async def test_titles_and_prices_are_copied(use_cases: OrderUseCases, ada: Caller, kite: UUID) -> None:
    drum = await use_cases.item(ada, "A drum", 0)
    order = await use_cases.order(ada, of(kite, drum, kite, quantity=3, recipient=KNOWN))
    await use_cases.reprice(kite, 5)
    lines = [(line["title"], line["unit_price_cents"], line["quantity"]) for line in order["lines"]]
    assert lines == [("A kite", 1999, 3), ("A drum", 0, 3), ("A kite", 1999, 3)]
    assert (order["total_cents"], order["recipient"], order["version"]) == (11994, KNOWN, 1)
    assert shown(await use_cases.orders.read(ada, UUID(order["id"]))) == order


async def test_order_has_its_event_and_is_due_after_the_delay(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    order = await use_cases.order(ada, of(kite))
    [event] = twin.stored.outbox.events
    assert (event.id, event.type, event.data) == (f"{order['id']}-1", "order.created", order)
    assert await use_cases.progress.next_due() == NOON + CONFIRM_DELAY


async def test_unknown_or_unpriced_items_and_unknown_recipients_are_invalid(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    priceless = await use_cases.item(ada, price_cents=None)
    for content, field in [
        (of(kite, uuid7()), "lines.1.item_id"),
        (of(priceless), "lines.0.item_id"),
        (of(kite, recipient=KNOWN.lower()), "recipient"),
    ]:
        with pytest.raises(InvalidError) as refused:
            await use_cases.order(ada, content, a_request(ada, "key"))
        assert refused.value.field == field
    assert stored_state(twin) == ({}, set(), [])


async def test_orders_of_other_accounts_are_not_found(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    order_id, bob = await use_cases.ordered(ada, of(kite)), await use_cases.somebody()
    before = stored_state(twin)
    for unknown in (order_id, uuid7()):
        with pytest.raises(NotFoundError, match="no such order"):
            await use_cases.orders.read(bob, unknown)
        with pytest.raises(NotFoundError, match="no such order"):
            await use_cases.orders.replace(bob, unknown, of(kite), frozenset({9}))
        with pytest.raises(NotFoundError, match="no such order"):
            await use_cases.orders.cancel(bob, unknown, None)
    found, before_next = await use_cases.orders.page(bob, None, None, 20)
    assert (list(found), before_next) == ([], None)
    assert stored_state(twin) == before


async def test_pages_have_all_orders_newest_first(use_cases: OrderUseCases, ada: Caller, kite: UUID) -> None:
    order_ids = [await use_cases.ordered(ada, of(kite)) for _ in range(7)]
    pages: list[list[UUID]] = []
    before = None
    while not pages or before:
        found, before = await use_cases.orders.page(ada, None, before, 3)
        pages.append([order.id for order in found])
    assert pages == [order_ids[:3:-1], order_ids[3:0:-1], order_ids[:1]]
    assert (await use_cases.orders.page(ada, None, None, 7))[1] is None


async def test_change_copies_current_titles_and_prices(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    order_id = await use_cases.ordered(ada, of(kite, kite, recipient=KNOWN))
    await use_cases.reprice(kite, 5)
    use_cases.clock.move(timedelta(seconds=1))
    changed = await use_cases.orders.replace(ada, order_id, of(kite, quantity=2), frozenset({1}))
    assert [(line.title, line.unit_price_cents) for line in changed.lines] == [("A dear kite", 5)]
    assert (changed.total_cents, changed.recipient, changed.version) == (10, None, 2)
    assert shown(await use_cases.orders.read(ada, order_id)) == changed.public()
    assert changed.updated_at == NOON + timedelta(seconds=1)
    assert (event_types(twin)[-1], twin.stored.outbox.events[-1].data) == ("order.updated", changed.public())
    assert await use_cases.progress.next_due() == NOON + CONFIRM_DELAY


async def test_stale_version_is_checked_before_state_and_state_before_content(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    order_id = await use_cases.ordered(ada, of(kite))
    await use_cases.orders.cancel(ada, order_id, frozenset({1}))
    before = stored_state(twin)
    with pytest.raises(StaleError):
        await use_cases.orders.replace(ada, order_id, of(uuid7()), frozenset({1}))
    with pytest.raises(StaleError):
        await use_cases.orders.cancel(ada, order_id, frozenset({1}))
    with pytest.raises(ConflictError, match="CANCELLED"):
        await use_cases.orders.replace(ada, order_id, of(uuid7()), frozenset({2}))
    with pytest.raises(ConflictError, match="CANCELLED"):
        await use_cases.orders.cancel(ada, order_id, None)
    assert stored_state(twin) == before


async def test_a_bad_change_changes_nothing(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    order_id = await use_cases.ordered(ada, of(kite))
    before = stored_state(twin)
    with pytest.raises(InvalidError):
        await use_cases.orders.replace(ada, order_id, of(kite, uuid7()), None)
    assert stored_state(twin) == before


async def test_a_cancelled_order_stays_readable_and_goes_no_further(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    order_id = await use_cases.ordered(ada, of(kite))
    await use_cases.orders.cancel(ada, order_id, None)
    use_cases.clock.move(LATER)
    assert (await use_cases.progress.advance(10), await use_cases.progress.next_due()) == (0, None)
    assert await use_cases.histories(ada, [order_id]) == {order_id: "CREATED CANCELLED"}
    assert event_types(twin) == ["order.created", "order.cancelled"]


async def test_order_changes_are_published_after_they_are_stored(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    class Watching(TwinBus):
        async def publish(self, event: DomainEvent) -> None:
            await super().publish(event)
            stored.extend(order.public()["version"] for order in twin.stored.orders.rows.values())

    stored, watched = list[int](), OrderUseCases(twin.begin, bus=Watching())
    order_id = await watched.ordered(ada, of(kite))
    await watched.orders.replace(ada, order_id, of(kite, quantity=2), None)
    await watched.orders.cancel(ada, order_id, None)
    happened = [OrderCreated(order_id), OrderReplaced(order_id), OrderCancelled(order_id)]
    assert (watched.bus.published, stored) == (happened, [1, 2, 3])
    assert not use_cases.bus.published


async def test_refused_order_changes_are_not_published(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    order_id = await use_cases.ordered(ada, of(kite))
    await use_cases.orders.cancel(ada, order_id, None)
    use_cases.bus.published.clear()
    with pytest.raises(InvalidError):
        await use_cases.order(ada, of(uuid7()))
    with pytest.raises(ConflictError):
        await use_cases.orders.replace(ada, order_id, of(kite), None)
    with pytest.raises(ConflictError):
        await use_cases.orders.cancel(ada, order_id, None)
    assert not use_cases.bus.published


async def test_only_changes_lock_the_order(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    order_id = await use_cases.ordered(ada, of(kite))
    await use_cases.orders.read(ada, order_id)
    assert twin.stored.orders.locked == []
    await use_cases.orders.replace(ada, order_id, of(kite), None)
    await use_cases.orders.cancel(ada, order_id, None)
    assert twin.stored.orders.locked == [order_id] * 2


async def test_a_change_may_name_another_recipient(use_cases: OrderUseCases, ada: Caller, kite: UUID) -> None:
    order_id = await use_cases.ordered(ada, of(kite))
    assert (await use_cases.orders.replace(ada, order_id, of(kite, recipient=KNOWN), None)).recipient == KNOWN
    assert (await use_cases.orders.read(ada, order_id)).recipient == KNOWN


async def test_lines_name_the_items_that_were_ordered(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    drum = await use_cases.item(ada, "A drum")
    lines = (await use_cases.order(ada, of(drum, kite)))["lines"]
    assert [line["item_id"] for line in lines] == [str(drum), str(kite)]


async def test_a_page_may_be_of_one_state_only(use_cases: OrderUseCases, ada: Caller, kite: UUID) -> None:
    kept, cancelled = [await use_cases.ordered(ada, of(kite)) for _ in range(2)]
    await use_cases.orders.cancel(ada, cancelled, None)
    for status, expected in (("CREATED", [kept]), ("CANCELLED", [cancelled]), (None, [cancelled, kept])):
        found, _ = await use_cases.orders.page(ada, status, None, 20)
        assert [order.id for order in found] == expected


@pytest.mark.parametrize("limit", [1, 3, 20])
async def test_no_more_orders_are_read_than_the_page_and_one(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, limit: int
) -> None:
    limits = list[int]()

    class Watched(TwinOrders):
        async def page(
            self, customer_id: UUID, status: str | None, before: UUID | None, limit: int
        ) -> Sequence[Order]:
            limits.append(limit)
            return await super().page(customer_id, status, before, limit)

    twin.stored.orders = Watched()
    await use_cases.orders.page(ada, None, None, limit)
    assert limits == [limit + 1]


async def test_a_page_of_very_many_lines_ends_early_and_says_where_the_next_begins(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    half = of(*[kite] * (PAGE_LINES // 2))
    order_ids = [await use_cases.ordered(ada, half) for _ in range(3)]
    found, before = await use_cases.orders.page(ada, None, None, 20)
    assert ([order.id for order in found], before) == (order_ids[:0:-1], order_ids[1])
    found, before = await use_cases.orders.page(ada, None, before, 20)
    assert ([order.id for order in found], before) == (order_ids[:1], None)
