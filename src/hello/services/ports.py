"""What the business asks of the outside world, and the transaction that holds it together."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol, TypeAlias, TypeVar
from uuid import UUID

from hello.entities.audit import AuditEntry, AuditRecord
from hello.entities.birthdays import Celebration
from hello.entities.items import Item
from hello.entities.order_revisions import OrderRevision
from hello.entities.orders import Order
from hello.entities.people import Person
from hello.services.account_ports import Accounts, CalendarFeeds, Sessions
from hello.services.event_ports import DeadLetters, Inbox, Outbox

Key = TypeVar("Key")
Work = TypeVar("Work")
Result = TypeVar("Result")
Key_contra = TypeVar("Key_contra", contravariant=True)
Work_contra = TypeVar("Work_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)


class People(Protocol):
    async def save(self, births: Mapping[str, date], affected: Collection[int]) -> None:
        """Store them, new or known, in one statement; two writers of the same names cannot deadlock.

        The stamp of the lists changes if one of them was or is now born on a day of the year in `affected`.
        """
        ...

    async def remove(self, username: str, affected: Collection[int]) -> None:
        """Remove the person and change the stamp as `save` does; raise `NotFoundError`."""
        ...

    async def page(self, after: str, limit: int) -> Sequence[Person]:
        """Return at most `limit` people by name, after the name `after`."""
        ...

    async def knows(self, username: str) -> bool: ...

    async def count_by_month_day(self, exact_up_to: int) -> tuple[Mapping[int, int], bool]:
        """Return how many were born on each day of the year (`month_day`), and whether that is exact.

        Of many more people than `exact_up_to` a sample is counted, and the counts are estimates.
        """
        ...


class Items(Protocol):
    """A change and what is noted of it are one statement; items come with their owners."""

    async def add(self, item: Item, record: AuditRecord) -> None: ...

    async def add_all(self, items: Sequence[Item], records: Sequence[AuditRecord]) -> None:
        """Add at least one item, in two statements; there is a record for each."""
        ...

    async def find(self, item_id: UUID, *, lock: bool = False) -> Item | None: ...

    async def find_all(self, item_ids: Collection[UUID]) -> Mapping[UUID, Item]:
        """Return those that exist, by id, without their owners."""
        ...

    async def page(self, skip: int, limit: int, owner_id: UUID | None) -> tuple[Sequence[Item], int]:
        """Return the newest first, and how many there are in all."""
        ...

    async def page_by_id(self, after: UUID | None, limit: int) -> Sequence[Item]:
        """Return at most `limit` by id, the oldest first, after the id `after`, without their owners."""
        ...

    async def replace(self, item: Item, record: AuditRecord) -> None: ...

    async def remove(self, item_id: UUID, record: AuditRecord) -> None: ...

    async def remove_owned(self, owner_id: UUID, limit: int, record: AuditRecord) -> Sequence[UUID]:
        """Remove at most `limit` items of the owner, and note the change for each; return their ids."""
        ...


class Orders(Protocol):
    """Orders come with lines and history; what is changed of one is kept by `save` or `replace` only."""

    async def add(self, order: Order) -> None: ...

    async def find(self, order_id: UUID, *, lock: bool = False) -> Order | None:
        """Return it as it was at one moment."""
        ...

    async def claim(self, now: datetime, limit: int) -> Sequence[Order]:
        """Return those whose next move is due, the longest due first, locked; pass over what others hold."""
        ...

    async def save(self, orders: Sequence[Order]) -> None:
        """Store the state of each, and the move that led to it."""
        ...

    async def replace(self, order: Order, replaced: OrderRevision) -> None:
        """Store its state and its lines, and what these have replaced."""
        ...

    async def revisions(self, order_id: UUID, after: int, until: int, limit: int) -> Sequence[OrderRevision]:
        """Return at most `limit` of the versions after `after`, up to `until`, the oldest first."""
        ...

    async def lock_open(self, customer_id: UUID, limit: int) -> Sequence[Order]:
        """Return at most `limit` orders of the customer that are not final, locked."""
        ...

    async def remove_final(self, customer_id: UUID, limit: int) -> int:
        """Remove at most `limit` final orders of the customer, with their lines, history and revisions."""
        ...

    async def next_due(self) -> datetime | None:
        """Return when the next move of any order is due, which may be long ago."""
        ...


class IdempotencyKeys(Protocol):
    """What was answered to requests that their clients may repeat; `OrderStore.add` stores them."""

    async def forget(self, before: datetime, limit: int) -> int:
        """Forget at most `limit` that are older; return how many."""
        ...


class Announcements(Protocol):
    async def claim(self, day: date, month_days: Sequence[int], limit: int) -> Sequence[Celebration]:
        """Return at most `limit` people who celebrate and are not claimed for the day yet."""
        ...

    async def forget(self, before: date) -> None:
        """Forget who was claimed before this day."""
        ...


class AuditTrail(Protocol):
    async def add(self, record: AuditRecord) -> None:
        """Record what is no change of a row; repositories record changes themselves."""
        ...

    async def page(self, subject_id: UUID | None, before: int | None, limit: int) -> Sequence[AuditEntry]:
        """Return the newest first, from below the id `before` on."""
        ...


class Gifts(Protocol):
    async def count(self, username: str) -> None:
        """Count one more gift for the person."""
        ...

    async def received(self, username: str) -> int: ...


class PersonLookup(Protocol):
    """The short way to one person, for very many requests: each call is a transaction of its own.

    `find_nowait` and `save_nowait` call back instead of returning; they are for callers without a task.
    """

    def find_nowait(
        self, username: str, callback: Callable[[int | None, Exception | None], None]
    ) -> None: ...

    def save_nowait(
        self, username: str, born: date, callback: Callable[[None, Exception | None], None]
    ) -> None: ...

    def explain_find(self, error: Exception) -> Exception:
        """Return the business error for an error that a callback of `find_nowait` got."""
        ...

    def explain_save(self, error: Exception) -> Exception:
        """Return the same for `save_nowait`."""
        ...

    async def find_month_day(self, username: str) -> int | None:
        """Return the day of the year (229 for 29 February), not older than the call; None for a stranger."""
        ...

    async def save(self, username: str, born: date) -> None:
        """Store the person and the event `person.saved`, on disk."""
        ...

    async def list_stamp(self) -> int:
        """Return a number, not older than the call, that differs after each change of a list about now."""
        ...


class BatchedCall(Protocol[Key_contra, Work_contra, Result_co]):
    """Calls that arrive together become one call for all of them; of those with one key the last counts."""

    async def do(self, key: Key_contra, item: Work_contra) -> Result_co | None:
        """Raise `BusyError` when too many wait already."""
        ...

    def do_nowait(
        self,
        key: Key_contra,
        item: Work_contra,
        callback: Callable[[Result_co | None, Exception | None], None],
    ) -> None:
        """Call back once with what `do` returns or raises; for callers without a task."""
        ...


class BatchCalls(Protocol):
    """Makes one of a call for many, named for metrics and traces."""

    def __call__(
        self,
        name: str,
        call: Callable[[Mapping[Key, Work]], Awaitable[Mapping[Key, Result]]],
        *,
        batch: int,
    ) -> BatchedCall[Key, Work, Result]: ...


class Transaction(Protocol):
    """Everything done through it is stored together or not at all."""

    @property
    def people(self) -> People: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def calendar_feeds(self) -> CalendarFeeds: ...
    @property
    def gifts(self) -> Gifts: ...
    @property
    def items(self) -> Items: ...
    @property
    def audit(self) -> AuditTrail: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def idempotency_keys(self) -> IdempotencyKeys: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def announcements(self) -> Announcements: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def dead_letters(self) -> DeadLetters: ...


Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Transaction]]
Load: TypeAlias = Callable[[], Awaitable[bytes]]


Stamp: TypeAlias = Callable[[], Awaitable[int]]


class StampedPages(Protocol):
    """A cache of finished pages, each with the stamp that its source had before it was loaded."""

    async def get(self, page: str, stamp: Stamp, load: Load) -> bytes:
        """Return the page, not older than the call: load it unless its stamp is still the current one."""
        ...
