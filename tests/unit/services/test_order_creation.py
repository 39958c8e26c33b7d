"""Orders made together: each fails alone, and each key makes one order."""

import asyncio
import json
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hello.core.batching import Batcher, Bounds
from hello.entities.accounts import Role
from hello.entities.errors import ConflictError, HelloError, InvalidError, KeyReusedError
from hello.services.idempotency import IdempotentRequest
from hello.services.order_contents import OrderContent
from hello.services.order_creation import (
    LINES_AT_ONCE,
    Created,
    CreationKey,
    NewOrder,
    OrderCreated,
    OrderCreation,
    OrderStore,
    WantedOrder,
)
from hello.services.security import Caller
from tests.support.builders import NOON
from tests.support.orders import CONFIRM_DELAY, OrderUseCases, a_request, event_types, of, rendered
from tests.twins.order_store import TwinOrderStore
from tests.twins.traces import RECORDED
from tests.twins.transaction import TwinBus, TwinUnitOfWork


@dataclass
class WatchedStore(TwinOrderStore):
    """`before_add` happens between the first look for answers and the storing."""

    before_add: Sequence[NewOrder] = ()
    added: list[int] = field(default_factory=list)

    async def add(self, orders: Sequence[NewOrder]) -> Collection[UUID]:
        if self.before_add:
            await super().add(self.before_add)
        self.added.append(len(orders))
        return await super().add(orders)


@pytest.fixture
def bus() -> TwinBus:
    return TwinBus()


@pytest.fixture
def store(twin: TwinUnitOfWork) -> WatchedStore:
    return WatchedStore(twin.begin)


@pytest.fixture
def creation(store: WatchedStore, bus: TwinBus) -> OrderCreation:
    return creation_on(store, bus)


def creation_on(store: OrderStore, bus: TwinBus) -> OrderCreation:
    return OrderCreation(
        store=store, publish=bus.publish, now=lambda: NOON, new_id=uuid7, confirm_delay=CONFIRM_DELAY
    )


def wanted(caller: Caller, content: OrderContent, once: IdempotentRequest | None = None) -> WantedOrder:
    return WantedOrder(caller.account_id, content, rendered, once, None)


def is_refused(result: Created) -> bool:
    return isinstance(result, HelloError)


def ids_of(results: Mapping[CreationKey, Created]) -> list[UUID]:
    return [UUID(json.loads(one)["id"]) for one in results.values() if isinstance(one, bytes)]


async def test_bad_order_fails_alone(
    creation: OrderCreation, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    contents = [of(kite), of(uuid7()), of(kite, recipient="Nobody"), of(kite, quantity=2)]
    results = await creation.create_all({n: wanted(ada, one) for n, one in enumerate(contents)})
    assert {n for n in results if is_refused(results[n])} == {1, 2}
    assert {type(results[1]), type(results[2])} == {InvalidError}
    assert set(twin.stored.orders.rows) == set(ids_of(results))
    assert event_types(twin) == ["order.created"] * 2


async def test_nothing_is_stored_when_all_are_bad(
    creation: OrderCreation, store: WatchedStore, bus: TwinBus, ada: Caller
) -> None:
    results = await creation.create_all({n: wanted(ada, of(uuid7())) for n in range(3)})
    assert list(map(is_refused, results.values())) == [True] * 3
    assert (store.added, bus.published) == ([], [])


async def test_all_good_orders_are_stored_at_once_and_published_once_each(
    creation: OrderCreation, store: WatchedStore, bus: TwinBus, ada: Caller, kite: UUID
) -> None:
    requests = [None, None, a_request(ada, "key")]
    results = await creation.create_all({n: wanted(ada, of(kite), once) for n, once in enumerate(requests)})
    assert store.added == [3]
    assert sorted(map(repr, bus.published)) == sorted(repr(OrderCreated(one)) for one in ids_of(results))


async def test_stored_order_is_what_is_answered(
    creation: OrderCreation, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    request = wanted(ada, of(kite, kite, quantity=3), a_request(ada, "key"))._replace(traceparent=RECORDED)
    [answer] = (await creation.create_all({0: request})).values()
    [order], [event] = twin.stored.orders.rows.values(), twin.stored.outbox.events
    assert isinstance(answer, bytes)
    assert json.loads(answer) == order.public() == event.data
    assert (order.due_at, order.traceparent, event.traceparent) == (NOON + CONFIRM_DELAY, RECORDED, RECORDED)
    [key] = twin.stored.idempotency_keys.rows.values()
    assert (key.answer, key.order_id) == (answer, order.id)


async def test_several_with_one_key_are_one_order(
    creation: OrderCreation, twin: TwinUnitOfWork, bus: TwinBus, ada: Caller, kite: UUID
) -> None:
    """They share an entry of the batch, or come in batches one after the other."""
    batcher = Batcher(creation.create_all, Bounds(), lambda _: False)
    once = a_request(ada, "key")
    answers = await asyncio.gather(*(batcher.do(once, wanted(ada, of(kite), once)) for _ in range(5)))
    answers.append(await batcher.do(once, wanted(ada, of(kite), once)))
    assert len(set(answers)) == len(twin.stored.orders.rows) == len(bus.published) == 1


async def test_key_with_another_body_in_the_same_batch_is_refused(
    creation: OrderCreation, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    first = a_request(ada, "key")
    requests = [first, replace(first, fingerprint=b"other")]
    results = await creation.create_all({once: wanted(ada, of(kite), once) for once in requests})
    assert isinstance(results[requests[1]], KeyReusedError)
    assert list(twin.stored.orders.rows) == ids_of({0: results[first]})


async def test_key_of_another_account_is_another_key(
    creation: OrderCreation, use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    bob = await use_cases.somebody()
    requests = [wanted(one, of(kite), a_request(one, "key")) for one in (ada, bob)]
    assert len(set(ids_of(await creation.create_all(dict(enumerate(requests)))))) == 2


async def test_repeated_request_for_an_item_that_is_gone_gets_the_first_answer(
    creation: OrderCreation, twin: TwinUnitOfWork, ada: Caller, kite: UUID
) -> None:
    request = wanted(ada, of(kite), a_request(ada, "key"))
    first = await creation.create_all({0: request})
    del twin.stored.items.rows[kite]
    assert await creation.create_all({0: request}) == first


@pytest.mark.parametrize(("fingerprint", "is_same"), [(b"same", True), (b"other", False)])
async def test_key_that_another_process_stores_meanwhile_has_its_answer(  # noqa: PLR0913
    store: WatchedStore, bus: TwinBus, ada: Caller, kite: UUID, fingerprint: bytes, *, is_same: bool
) -> None:
    kept = list[NewOrder]()
    await creation_on(Keeping(store, kept.extend), TwinBus()).create_all(
        {0: wanted(ada, of(kite), a_request(ada, "key", b"same"))}
    )
    store.before_add = kept
    results = await creation_on(store, bus).create_all(
        {0: wanted(ada, of(kite), a_request(ada, "key", fingerprint)), 1: wanted(ada, of(kite))}
    )
    assert (results[0] == kept[0].answer) == is_same
    assert isinstance(results[0], KeyReusedError) != is_same
    assert bus.published == [OrderCreated(*ids_of({1: results[1]}))]


@dataclass(frozen=True, slots=True)
class Keeping:
    """A store that keeps to itself what is to be stored."""

    store: OrderStore
    keep: Callable[[Sequence[NewOrder]], object]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # the other methods of the store
        return getattr(self.store, name)

    async def add(self, orders: Sequence[NewOrder]) -> Collection[UUID]:
        self.keep(orders)
        return ()

    async def answers(self, keys: Collection[Any]) -> Mapping[Any, Any]:  # noqa: ARG002
        return {}


async def test_key_that_is_taken_without_an_answer_is_a_conflict(
    store: WatchedStore, bus: TwinBus, ada: Caller, kite: UUID
) -> None:
    """Such as one whose account is deleted in between."""
    creation = creation_on(Keeping(store, len), bus)
    results = await creation.create_all({0: wanted(ada, of(kite), a_request(ada, "key"))})
    assert (type(results[0]), bus.published) == (ConflictError, [])


@pytest.mark.parametrize(
    ("orders", "lines", "turns"),
    [(99, 1, 0), (100, 1, 1), (1, LINES_AT_ONCE, 1), (3, LINES_AT_ONCE, 3), (4, 60, 2)],
)
def test_others_get_the_event_loop_between_many_lines(
    twin: TwinUnitOfWork, orders: int, lines: int, turns: int
) -> None:
    """Bad orders take as long to look at."""
    creation = creation_on(TwinOrderStore(twin.begin), TwinBus())
    caller = Caller(uuid7(), Role.USER)
    content = of(*(uuid7() for _ in range(lines)))
    work = creation.create_all({n: wanted(caller, content) for n in range(orders)})
    assert turns_of(work) == turns


def turns_of(work: Coroutine[Any, Any, object]) -> int:
    """Return how often it leaves the event loop to others; the twins never do."""
    turns = 0
    while True:
        try:
            work.send(None)
        except StopIteration:
            return turns
        turns += 1
