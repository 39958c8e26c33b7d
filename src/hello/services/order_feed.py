"""Following an order: every change of it, from any version on, as it happens."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias
from uuid import UUID

from hello.core.shutdown import AnySignal, ShutdownSignal
from hello.core.single_flight import SingleFlight
from hello.entities.errors import BusyError, NotFoundError, TooManyError, UnavailableError
from hello.entities.order_changes import OrderChange, changes_of
from hello.services.event_ports import Wakeup
from hello.services.orders import own_order
from hello.services.ports import Begin
from hello.services.security import Caller
from hello.services.session_watch import SessionWatch

REVISIONS_AT_ONCE = 100
FOLLOWERS = 1000
READS_AT_ONCE = 5
PER_ACCOUNT, RETRY_AFTER_S = 20, 5
Listen: TypeAlias = Callable[[UUID], AbstractContextManager[Wakeup]]
"""Hears of every change of one order."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """The next changes; `has_more` when there are others already, `is_over` when none will come."""

    changes: Sequence[OrderChange]
    has_more: bool
    is_over: bool


ENDED = FeedPage((), has_more=False, is_over=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFeed:
    """A feed without changes sends a heartbeat every `heartbeat_s`.

    It ends when the process stops, the caller's token expires or the caller's session ends.

    A change wakes all followers of an order at once: those who have seen the same share one read. `reads`
    bounds how many of the pool's connections followers use, `seats` how many may follow, `per_account` how
    many streams one account may have; `taken` counts those.
    """

    begin: Begin
    listen: Listen
    stop: ShutdownSignal
    sessions: SessionWatch
    heartbeat_s: float = 15
    retry_s: float = 1
    patience_s: float = 10
    reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READS_AT_ONCE))
    seats: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FOLLOWERS))
    per_account: int = PER_ACCOUNT
    taken: Counter[UUID] = field(default_factory=Counter)
    shared: SingleFlight[tuple[UUID, UUID, int], FeedPage] = field(default_factory=SingleFlight)

    @asynccontextmanager
    async def seat(self, caller: Caller) -> AsyncIterator[None]:
        """Be one of the followers meanwhile; raise `BusyError` when there are too many already.

        Raise `TooManyError` when too many are the caller's own.
        """
        if self.taken[caller.account_id] >= self.per_account:
            message = f"an account may have {self.per_account} streams of events open at once"
            raise TooManyError(message, retry_after_s=RETRY_AFTER_S)
        if self.seats.locked():
            raise BusyError("too many clients follow orders")
        async with self.seats:
            self.taken[caller.account_id] += 1
            try:
                yield
            finally:
                self._leave(caller.account_id)

    def _leave(self, account_id: UUID) -> None:
        self.taken[account_id] -= 1
        if not self.taken[account_id]:
            del self.taken[account_id]

    async def is_over(self, caller: Caller, order_id: UUID, after: int) -> bool:
        """Say whether there is no change after the version `after`, and will be none.

        Raise `UnauthorizedError` when the session has ended, `NotFoundError`, or `BusyError` when too many
        others are asking.
        """
        try:
            async with asyncio.timeout(self.patience_s):
                await self.sessions.check(caller)
                portion = await self._portion(caller, order_id, after)
        except TimeoutError:
            raise BusyError("too many clients start to follow orders") from None
        return portion.is_over and not portion.changes

    async def follow(self, caller: Caller, order_id: UUID, after: int) -> AsyncIterator[OrderChange | None]:
        """Yield each change after the version `after`, None for a heartbeat; end after a final state.

        An outage of the database is waited for.
        """
        with self.listen(order_id) as wakeup, self.sessions.watch(caller) as ended:
            until, portion = AnySignal((self.stop, ended)), None
            while not until.is_set:
                try:
                    portion = await self._portion_at_last(until, caller, order_id, after)
                except NotFoundError:
                    if portion is None:
                        raise
                    return  # deleted with its customer's account
                for change in portion.changes:
                    if ended.is_set:
                        return
                    after = change.version
                    yield change
                if portion.is_over:
                    return
                while not (portion.has_more or await self._is_told(until, wakeup)):
                    yield None

    async def _is_told(self, until: AnySignal, wakeup: Wakeup) -> bool:
        """Wait for a record, the end, or the next heartbeat: False then."""
        return await until.race(wakeup.wait(self.heartbeat_s)) is not False

    async def _portion_at_last(
        self, until: AnySignal, caller: Caller, order_id: UUID, after: int
    ) -> FeedPage:
        while not until.is_set:
            with suppress(UnavailableError):
                return await until.race(self._portion(caller, order_id, after)) or ENDED
            await until.race(asyncio.sleep(self.retry_s))
        return ENDED

    async def _portion(self, caller: Caller, order_id: UUID, after: int) -> FeedPage:
        """Share a read that begins after now."""
        read = partial(self._read, caller, order_id, after)
        return await self.shared.share((caller.account_id, order_id, after), read)

    async def _read(self, caller: Caller, order_id: UUID, after: int) -> FeedPage:
        async with self.reads, self.begin() as tx:
            order = await own_order(tx, caller, order_id)
            replaced = await tx.orders.revisions(order_id, after, order.version, REVISIONS_AT_ONCE)
        has_more = len(replaced) == REVISIONS_AT_ONCE
        until = replaced[-1].version - 1 if has_more else order.version
        changes = changes_of(order, replaced, after, until)
        return FeedPage(changes, has_more, is_over=order.is_final and not has_more)
