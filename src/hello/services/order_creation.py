"""Orders made together: one transaction for all that arrive at the same time, and each fails alone."""

import asyncio
from collections.abc import Collection, Hashable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from hello.core.clock import Clock
from hello.core.ids import NewUuid
from hello.entities.errors import ConflictError, HelloError, KeyReusedError
from hello.entities.idempotency import KeyOfAccount, StoredAnswer
from hello.entities.orders import OrderView
from hello.services.bus import DomainEvent, Publish
from hello.services.idempotency import IdempotentRequest
from hello.services.order_contents import OrderContent, PricedItem, Render, lines_of
from hello.services.ports import BatchedCall

LINES_AT_ONCE = 100
"""After so many lines others get the event loop: they are a millisecond of work."""


@dataclass(frozen=True, slots=True)
class OrderCreated(DomainEvent):
    name: ClassVar[str] = "order.created"
    order_id: UUID


class WantedOrder(NamedTuple):
    customer_id: UUID
    content: OrderContent
    render: Render
    once: IdempotentRequest | None
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What is stored of a new order: with its event, and with the answer if the request has a key."""

    order: OrderView
    due_at: datetime
    answer: bytes
    once: IdempotentRequest | None
    traceparent: str | None


class OrderStore(Protocol):
    async def items(self, item_ids: Collection[UUID]) -> Mapping[UUID, PricedItem]:
        """Return those that exist."""
        ...

    async def known_people(self, usernames: Collection[str]) -> Collection[str]: ...

    async def answers(self, keys: Collection[KeyOfAccount]) -> Mapping[KeyOfAccount, StoredAnswer]:
        """Return what was answered to those keys of accounts that have been used."""
        ...

    async def add(self, orders: Sequence[NewOrder]) -> Collection[UUID]:
        """Store them in one transaction, but not those whose key has been used meanwhile; return the ids."""
        ...


Created: TypeAlias = bytes | HelloError
"""The answer, or why there is none."""
CreationKey: TypeAlias = Hashable
"""The same for two requests only if they are to be carried out once."""


CreateOrder: TypeAlias = BatchedCall[CreationKey, WantedOrder, Created]
"""Calls that arrive together become one call of `OrderCreation.create_all`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCreation:
    store: OrderStore
    publish: Publish
    now: Clock
    new_id: NewUuid
    confirm_delay: timedelta

    async def create_all(self, wanted: Mapping[CreationKey, WantedOrder]) -> Mapping[CreationKey, Created]:
        facts, results = await self._facts(wanted.values()), dict[CreationKey, Created]()
        new, unbroken = dict[CreationKey, NewOrder](), 0
        for key, one in wanted.items():
            try:
                if answer := facts.first_answer(one.once):
                    results[key] = answer
                else:
                    new[key] = self._new(one, facts)
            except HelloError as error:
                results[key] = error
            unbroken += len(one.content.lines)
            if unbroken >= LINES_AT_ONCE:
                unbroken = await no_lines()
        return {**results, **await self._add(new)}

    async def _facts(self, wanted: Collection[WantedOrder]) -> "Facts":
        """Read an answer first: an order that it is about may be of items that are gone."""
        keys = {one.once.key_of_account for one in wanted if one.once}
        people = {one.content.recipient for one in wanted if one.content.recipient is not None}
        return Facts(
            answers=await self.store.answers(keys) if keys else {},
            items=await self.store.items({line.item_id for one in wanted for line in one.content.lines}),
            people=await self.store.known_people(people) if people else (),
        )

    def _new(self, wanted: WantedOrder, facts: "Facts") -> NewOrder:
        lines, at = lines_of(wanted.content, facts.items, facts.people), self.now()
        order = OrderView.created(self.new_id(), wanted.customer_id, lines, wanted.content.recipient, at)
        answer = wanted.render(order)
        return NewOrder(order, at + self.confirm_delay, answer, wanted.once, wanted.traceparent)

    async def _add(self, new: Mapping[CreationKey, NewOrder]) -> Mapping[CreationKey, Created]:
        if not new:
            return {}
        stored = await self.store.add(list(new.values()))
        for order_id in stored:
            await self.publish(OrderCreated(order_id))
        taken = [one.once for one in new.values() if one.once and one.order.id not in stored]
        answers = await self.store.answers({once.key_of_account for once in taken}) if taken else {}
        return {
            key: one.answer if one.order.id in stored else repeated(answers, one.once)
            for key, one in new.items()
        }


class Facts(NamedTuple):
    """What is stored of what the orders of a batch are about."""

    answers: Mapping[KeyOfAccount, StoredAnswer]
    items: Mapping[UUID, PricedItem]
    people: Collection[str]

    def first_answer(self, once: IdempotentRequest | None) -> bytes | None:
        """Return what was answered before; raise `KeyReusedError`."""
        stored = self.answers.get(once.key_of_account) if once else None
        return stored.answer_to(once.fingerprint) if once and stored else None


async def no_lines() -> int:
    """Let others have the event loop, and begin to count again."""
    await asyncio.sleep(0)
    return 0


def repeated(answers: Mapping[KeyOfAccount, StoredAnswer], once: IdempotentRequest | None) -> Created:
    """Return what was answered to the same request, which somebody else has carried out meanwhile."""
    stored = answers.get(once.key_of_account) if once else None
    if once is None or stored is None:
        return ConflictError("a request with this key is still running")
    try:
        return stored.answer_to(once.fingerprint)
    except KeyReusedError as error:
        return error


def created(result: Created | None) -> bytes:
    """Return the answer, or raise why there is none; others may raise the same."""
    if isinstance(result, HelloError):
        raise copy(result)
    return result or b""
