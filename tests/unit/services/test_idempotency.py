"""Idempotency keys: a repeated request gets the first answer."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hello.entities.errors import ConflictError, InvalidError, KeyReusedError
from hello.services.order_creation import OrderCreated
from hello.services.security import Caller
from tests.support.builders import NOON, a_name
from tests.support.orders import CONFIRM_DELAY, KEPT, OrderUseCases, a_request, of, stored_state
from tests.twins.order_store import TwinOrderStore
from tests.twins.transaction import TwinUnitOfWork

LATER = timedelta(hours=1)


async def test_repeated_request_gets_the_first_answer(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    request = a_request(ada, "key")
    first = await use_cases.order(ada, of(kite), request)
    use_cases.clock.move(CONFIRM_DELAY)
    await use_cases.progress.advance(10)
    before = stored_state(twin)
    assert await use_cases.order(ada, of(kite), request) == first
    assert stored_state(twin) == before
    assert use_cases.bus.published == [OrderCreated(UUID(first["id"]))]


async def test_idempotency_key_with_another_request_is_refused(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    await use_cases.order(ada, of(kite), a_request(ada, "key"))
    before = stored_state(twin)
    with pytest.raises(KeyReusedError):
        await use_cases.order(ada, of(kite), replace(a_request(ada, "key"), fingerprint=b"other"))
    assert stored_state(twin) == before


async def test_keys_are_apart_and_each_callers_own(use_cases: OrderUseCases, ada: Caller, kite: UUID) -> None:
    bob = await use_cases.somebody()
    requests = [(ada, a_request(ada, "key")), (ada, a_request(ada, "Key")), (bob, a_request(bob, "key"))]
    orders = [await use_cases.order(caller, of(kite), request) for caller, request in requests]
    assert len({order["id"] for order in orders}) == 3


async def test_request_whose_key_stays_locked_is_refused(
    twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    """It has waited for the first one until the time-out of locks."""
    use_cases = OrderUseCases(twin.begin, store=TwinOrderStore(twin.begin, {(ada.account_id, "key")}))
    with pytest.raises(ConflictError, match="still running"):
        await use_cases.order(ada, of(kite), a_request(ada, "key"))
    assert stored_state(twin) == ({}, set(), [])


async def test_failed_order_does_not_store_its_idempotency_key(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    with pytest.raises(InvalidError):
        await use_cases.order(ada, of(uuid7()), a_request(ada, "key"))
    request = replace(a_request(ada, "key"), fingerprint=b"other")
    assert (await use_cases.order(ada, of(kite), request))["version"] == 1


async def test_old_idempotency_keys_are_removed(use_cases: OrderUseCases, ada: Caller, kite: UUID) -> None:
    key, others = a_name(), count()
    first = await use_cases.order(ada, of(kite), a_request(ada, key))
    use_cases.clock.move(timedelta(seconds=1))
    await use_cases.order(ada, of(kite), a_request(ada, f"{key}{next(others)}"))
    use_cases.clock.move(KEPT - timedelta(seconds=1))
    assert await use_cases.keys.forget(10) == 0
    use_cases.clock.move(timedelta(milliseconds=1))
    assert (await use_cases.keys.forget(10), await use_cases.keys.forget(10)) == (1, 0)
    assert (await use_cases.order(ada, of(kite), a_request(ada, key)))["id"] != first["id"]


async def test_a_key_belongs_to_the_order_that_it_made(
    use_cases: OrderUseCases, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    order = await use_cases.order(ada, of(kite), a_request(ada, "key"))
    (key,) = twin.stored.idempotency_keys.rows.values()
    assert (str(key.order_id), key.created_at) == (order["id"], NOON)


async def test_removal_of_old_keys_respects_its_limit(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    for number in range(3):
        await use_cases.order(ada, of(kite), a_request(ada, str(number)))
    use_cases.clock.move(KEPT + LATER)
    assert [await use_cases.keys.forget(2) for _ in range(3)] == [2, 1, 0]
