"""Deleting an account: all that is its own goes, with its events, and the rest stays."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hello.entities.accounts import Role
from hello.entities.errors import ForbiddenError, NotFoundError, TooManyError, UnauthorizedError
from hello.services.account_deletion import BATCH, AccountDeletionService, DeleteAccount
from hello.services.items import ItemChanged
from hello.services.security import Caller
from hello.services.sessions import BY_ACCOUNT, BY_ADDRESS, BY_PAIR, LogIn, count_attempt
from tests.support.builders import NOON, StoppedClock, a_line, an_account, an_item, an_order
from tests.twins.security import Quota, TwinLimiter, TwinPasswords
from tests.twins.transaction import TwinBus, TwinTransaction, TwinUnitOfWork

SECRET, HOME = "correct horse battery", "192.0.2.1"


class DeletionFixture:
    """Ada and Bob with orders and items, on twins; `quotas` are those of the log-in."""

    def __init__(self, **quotas: Quota) -> None:
        self.twin, self.clock, self.bus = TwinUnitOfWork(), StoppedClock(), TwinBus()
        groups = dict.fromkeys((BY_PAIR, BY_ADDRESS, BY_ACCOUNT)) | quotas
        self.limiter = TwinLimiter(groups, lambda: self.clock().timestamp())
        self.deletion = AccountDeletionService(
            begin=self.twin.begin,
            passwords=TwinPasswords(),
            limiter=self.limiter,
            publish=self.bus.publish,
            now=self.clock,
        )
        self.ada, self.bob = self.settled("ada@example.com"), self.settled("bob@example.com")

    def settled(self, email: str) -> UUID:
        account = an_account(email)
        account.password_hash = f"cheap:{SECRET[::-1]}"
        self.twin.stored.accounts.rows[account.id] = account
        return account.id

    def order(self, customer: UUID, *, shipped: bool = False) -> UUID:
        order = an_order(customer, a_line())
        if shipped:
            order.confirm(self.clock(), timedelta(0))
            order.ship(self.clock())
        self.twin.stored.orders.rows[order.id] = order
        return order.id

    def item(self, owner: UUID) -> UUID:
        item = an_item(self.twin.stored.accounts.rows[owner])
        self.twin.stored.items.rows[item.id] = item
        return item.id

    async def delete(self, account_id: UUID, password: str = SECRET) -> None:
        wanted = DeleteAccount(password=password, address=HOME)
        await self.deletion.delete(Caller(account_id, Role.USER), wanted)


async def test_deletion_removes_data_of_the_account_only() -> None:
    fixture = DeletionFixture()
    kept = [fixture.order(fixture.bob), fixture.item(fixture.bob)]
    for shipped in (True, False):
        fixture.order(fixture.ada, shipped=shipped)
    fixture.item(fixture.ada)
    await fixture.delete(fixture.ada)
    stored = fixture.twin.stored
    assert [*stored.orders.rows, *stored.items.rows] == kept
    assert list(stored.accounts.rows) == [fixture.bob]


async def test_open_orders_are_cancelled_with_an_event_and_shipped_ones_are_not() -> None:
    fixture = DeletionFixture()
    open_order = fixture.order(fixture.ada)
    fixture.order(fixture.ada, shipped=True)
    await fixture.delete(fixture.ada)
    events = [(event.type, event.subject) for event in fixture.twin.stored.outbox.events]
    assert events == [("order.cancelled", str(open_order))]


async def test_each_deleted_item_has_an_event_and_an_audit_entry() -> None:
    fixture = DeletionFixture()
    ids = {fixture.item(fixture.ada) for _ in range(3)}
    kept = fixture.item(fixture.bob)
    await fixture.delete(fixture.ada)
    events = {event.subject for event in fixture.twin.stored.outbox.events if event.type == "item.deleted"}
    entries = [entry for entry in fixture.twin.stored.audit.entries if entry.action == "item.deleted"]
    assert (events, {entry.subject_id for entry in entries}) == ({str(item_id) for item_id in ids}, ids)
    assert {(entry.at, entry.actor_id) for entry in entries} == {(NOON, fixture.ada)}
    assert kept in fixture.twin.stored.items.rows


async def test_cached_pages_of_all_items_are_dropped() -> None:
    fixture = DeletionFixture()
    ids = {fixture.item(fixture.ada) for _ in range(2 * BATCH + 1)}
    await fixture.delete(fixture.ada)
    changed = [event.item_id for event in fixture.bus.published if isinstance(event, ItemChanged)]
    assert set(changed) == ids
    assert len(changed) == len(ids)


async def test_trail_says_who_deleted_the_account_and_names_no_e_mail() -> None:
    fixture = DeletionFixture()
    await fixture.delete(fixture.ada)
    await fixture.deletion.delete_by_email("BOB@example.com")
    notes = [(one.action, one.subject_id, one.actor_id) for one in fixture.twin.stored.audit.entries]
    assert notes == [
        ("account.deleted", fixture.ada, fixture.ada),
        ("account.deleted", fixture.bob, None),
    ]
    assert not any(entry.details for entry in fixture.twin.stored.audit.entries)
    assert {entry.at for entry in fixture.twin.stored.audit.entries} == {NOON}


async def test_wrong_password_deletes_nothing() -> None:
    fixture = DeletionFixture()
    fixture.item(fixture.ada)
    with pytest.raises(ForbiddenError):
        await fixture.delete(fixture.ada, "battery staple")
    assert fixture.twin.stored.items.rows
    assert fixture.ada in fixture.twin.stored.accounts.rows


@pytest.mark.parametrize("group", [BY_PAIR, BY_ADDRESS, BY_ACCOUNT])
async def test_deletion_attempts_share_the_log_in_limits(group: str) -> None:
    fixture = DeletionFixture(**{group: (2, 60)})
    for _ in range(2):
        with pytest.raises(ForbiddenError):
            await fixture.delete(fixture.ada, "battery staple")
    with pytest.raises(TooManyError):
        await fixture.delete(fixture.ada)
    assert fixture.ada in fixture.twin.stored.accounts.rows


async def test_failed_log_ins_count_for_the_deletion_of_the_same_account_only() -> None:
    fixture = DeletionFixture(**{BY_PAIR: (1, 60), BY_ACCOUNT: (1, 60)})
    log_in = LogIn(email="ADA@example.com", address=HOME, password="battery staple")  # noqa: S106
    await count_attempt(fixture.limiter, log_in.keys())
    with pytest.raises(TooManyError):
        await fixture.delete(fixture.ada)
    await fixture.delete(fixture.bob)
    assert list(fixture.twin.stored.accounts.rows) == [fixture.ada]


async def test_failed_log_ins_from_an_address_count_for_deletions_from_it() -> None:
    fixture = DeletionFixture(**{BY_ADDRESS: (1, 60)})
    log_in = LogIn(email="eve@example.com", address=HOME, password="battery staple")  # noqa: S106
    await count_attempt(fixture.limiter, log_in.keys())
    with pytest.raises(TooManyError):
        await fixture.delete(fixture.ada)


@pytest.mark.parametrize("kind", ["open order", "shipped order", "item"])
async def test_account_is_locked_once_all_is_cleared_in_batches(kind: str) -> None:
    """Each transaction is short, whatever an account has."""
    fixture, left, cancelled = DeletionFixture(), list[int](), list[int]()

    @asynccontextmanager
    async def begin() -> AsyncIterator[TwinTransaction]:
        stored = fixture.twin.stored
        left.append(len(stored.orders.rows) + len(stored.items.rows))
        cancelled.append(sum(event.type == "order.cancelled" for event in stored.outbox.events))
        async with fixture.twin.begin() as tx:
            yield tx

    for _ in range(2 * BATCH + 1):
        if kind == "item":
            fixture.item(fixture.ada)
        else:
            fixture.order(fixture.ada, shipped=kind == "shipped order")
    deletion = replace(fixture.deletion, begin=begin)
    await deletion.delete(Caller(fixture.ada, Role.USER), DeleteAccount(password=SECRET, address=HOME))
    assert left == [2 * BATCH + 1, 2 * BATCH + 1, BATCH + 1, 1, 0, 0]
    assert cancelled == [left[0] - rows if kind == "open order" else 0 for rows in left]


async def test_items_added_just_before_the_account_is_locked_go_with_their_pages() -> None:
    fixture, begun, late = DeletionFixture(), count(1), set[UUID]()

    @asynccontextmanager
    async def begin() -> AsyncIterator[TwinTransaction]:
        """Add them when all else is cleared: after the transactions that find the account and clear it."""
        if next(begun) == 3:
            late.update(fixture.item(fixture.ada) for _ in range(BATCH + 1))
        async with fixture.twin.begin() as tx:
            yield tx

    deletion = replace(fixture.deletion, begin=begin)
    await deletion.delete(Caller(fixture.ada, Role.USER), DeleteAccount(password=SECRET, address=HOME))
    assert len(late) == BATCH + 1
    assert not fixture.twin.stored.items.rows
    assert {event.item_id for event in fixture.bus.published if isinstance(event, ItemChanged)} == late
    assert fixture.twin.stored.accounts.locked == [fixture.ada]


async def test_account_that_is_gone_is_unauthorized_and_an_unknown_e_mail_not_found() -> None:
    fixture = DeletionFixture()
    with pytest.raises(UnauthorizedError):
        await fixture.delete(uuid7())
    with pytest.raises(NotFoundError):
        await fixture.deletion.delete_by_email("nobody@example.com")
