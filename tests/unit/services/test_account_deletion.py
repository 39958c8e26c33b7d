"""Deleting an account: all that is its own goes, with its events, and the rest stays."""

from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hello.entities.accounts import Role
from hello.entities.errors import ForbiddenError, NotFoundError, TooManyError, UnauthorizedError
from hello.services.account_deletion import BATCH, AccountDeletionService, DeleteAccount
from hello.services.items import ItemChanged
from hello.services.security import Caller
from hello.services.sessions import BY_ACCOUNT, BY_ADDRESS, BY_PAIR
from tests.support.builders import StoppedClock, a_line, an_account, an_item, an_order
from tests.twins.security import Quota, TwinLimiter, TwinPasswords
from tests.twins.transaction import TwinBus, TwinUnitOfWork

SECRET, HOME = "correct horse battery", "192.0.2.1"


class World:
    """Ada and Bob with orders and items, on twins; `quotas` are those of the log-in."""

    def __init__(self, **quotas: Quota) -> None:
        self.twin, self.clock, self.bus = TwinUnitOfWork(), StoppedClock(), TwinBus()
        groups = dict.fromkeys((BY_PAIR, BY_ADDRESS, BY_ACCOUNT)) | quotas
        self.deletion = AccountDeletionService(
            begin=self.twin.begin,
            passwords=TwinPasswords(),
            limiter=TwinLimiter(groups, lambda: self.clock().timestamp()),
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


async def test_all_of_an_account_goes_and_what_is_of_others_stays() -> None:
    world = World()
    kept = [world.order(world.bob), world.item(world.bob)]
    for shipped in (True, False):
        world.order(world.ada, shipped=shipped)
    world.item(world.ada)
    await world.delete(world.ada)
    stored = world.twin.stored
    assert [*stored.orders.rows, *stored.items.rows] == kept
    assert list(stored.accounts.rows) == [world.bob]


async def test_open_orders_are_cancelled_with_an_event_and_shipped_ones_are_not() -> None:
    world = World()
    open_order = world.order(world.ada)
    world.order(world.ada, shipped=True)
    await world.delete(world.ada)
    events = [(event.type, event.subject) for event in world.twin.stored.outbox.events]
    assert events == [("order.cancelled", str(open_order))]


async def test_each_deleted_item_has_an_event_and_an_audit_entry() -> None:
    world = World()
    ids = {world.item(world.ada) for _ in range(3)}
    kept = world.item(world.bob)
    await world.delete(world.ada)
    events = {event.subject for event in world.twin.stored.outbox.events if event.type == "item.deleted"}
    entries = {
        entry.subject_id for entry in world.twin.stored.audit.entries if entry.action == "item.deleted"
    }
    assert (events, entries) == ({str(item_id) for item_id in ids}, ids)
    assert kept in world.twin.stored.items.rows


async def test_cached_pages_of_all_items_are_dropped() -> None:
    world = World()
    ids = {world.item(world.ada) for _ in range(2 * BATCH + 1)}
    await world.delete(world.ada)
    changed = [event.item_id for event in world.bus.published if isinstance(event, ItemChanged)]
    assert set(changed) == ids
    assert len(changed) == len(ids)


async def test_trail_says_who_deleted_the_account_and_names_no_e_mail() -> None:
    world = World()
    await world.delete(world.ada)
    await world.deletion.delete_by_email("BOB@example.com")
    notes = [(one.action, one.subject_id, one.actor_id) for one in world.twin.stored.audit.entries]
    assert notes == [
        ("account.deleted", world.ada, world.ada),
        ("account.deleted", world.bob, None),
    ]
    assert not any(entry.details for entry in world.twin.stored.audit.entries)


async def test_wrong_password_deletes_nothing() -> None:
    world = World()
    world.item(world.ada)
    with pytest.raises(ForbiddenError):
        await world.delete(world.ada, "battery staple")
    assert world.twin.stored.items.rows
    assert world.ada in world.twin.stored.accounts.rows


@pytest.mark.parametrize("group", [BY_PAIR, BY_ADDRESS, BY_ACCOUNT])
async def test_attempts_are_counted_with_those_to_log_in(group: str) -> None:
    world = World(**{group: (2, 60)})
    for _ in range(2):
        with pytest.raises(ForbiddenError):
            await world.delete(world.ada, "battery staple")
    with pytest.raises(TooManyError):
        await world.delete(world.ada)
    assert world.ada in world.twin.stored.accounts.rows


async def test_account_that_is_gone_is_unauthorized_and_an_unknown_e_mail_not_found() -> None:
    world = World()
    with pytest.raises(UnauthorizedError):
        await world.delete(uuid7())
    with pytest.raises(NotFoundError):
        await world.deletion.delete_by_email("nobody@example.com")
