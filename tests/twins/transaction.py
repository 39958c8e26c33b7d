"""In-memory twins of the ports: they keep the same promises, as the contract tests show."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date

from hello.entities.birthdays import Celebration, month_day
from hello.entities.errors import NotFoundError, UnavailableError
from hello.entities.people import Person
from hello.services.bus import DomainEvent
from hello.services.ports import Load, Stamp
from tests.twins.catalogue import TwinAccounts, TwinAuditTrail, TwinCalendarFeeds, TwinItems, TwinSessions
from tests.twins.events import TwinDeadLetters, TwinInbox, TwinOutbox
from tests.twins.orders import TwinGifts, TwinIdempotencyKeys, TwinOrders


@dataclass
class TwinPeople:
    rows: dict[str, date] = field(default_factory=dict)
    stamp: int = 0

    async def save(self, births: Mapping[str, date], affected: Collection[int]) -> None:
        self.store(births, affected)

    def store(self, births: Mapping[str, date], affected: Collection[int]) -> None:
        before = [self.rows[name] for name in births if name in self.rows]
        self.rows |= births
        self._changed([*before, *births.values()], affected)

    async def remove(self, username: str, affected: Collection[int]) -> None:
        if username not in self.rows:
            raise NotFoundError(f"no user named {username}")
        self._changed([self.rows.pop(username)], affected)

    def _changed(self, births: Sequence[date], affected: Collection[int]) -> None:
        self.stamp += any(month_day(born) in affected for born in births)

    async def page(self, after: str, limit: int) -> Sequence[Person]:
        names = sorted(name for name in self.rows if name > after)[:limit]
        return [Person(username=name, date_of_birth=self.rows[name]) for name in names]

    async def knows(self, username: str) -> bool:
        return username in self.rows

    async def count_by_month_day(self, exact_up_to: int) -> tuple[Mapping[int, int], bool]:
        return Counter(month_day(born) for born in self.rows.values()), len(self.rows) <= exact_up_to


@dataclass
class TwinAnnouncements:
    people: TwinPeople
    claimed: set[tuple[date, str]] = field(default_factory=set)

    async def claim(self, day: date, month_days: Sequence[int], limit: int) -> Sequence[Celebration]:
        due = [
            Celebration(name, born, day, 0)
            for name, born in sorted(self.people.rows.items())
            if month_day(born) in month_days and (day, name) not in self.claimed
        ][:limit]
        self.claimed |= {(day, person.username) for person in due}
        return due

    async def forget(self, before: date) -> None:
        self.claimed = {(day, name) for day, name in self.claimed if day >= before}


@dataclass
class TwinTransaction:
    people: TwinPeople
    audit: TwinAuditTrail
    accounts: TwinAccounts
    sessions: TwinSessions
    calendar_feeds: TwinCalendarFeeds
    gifts: TwinGifts
    items: TwinItems
    outbox: TwinOutbox
    announcements: TwinAnnouncements
    orders: TwinOrders
    idempotency_keys: TwinIdempotencyKeys
    inbox: TwinInbox
    dead_letters: TwinDeadLetters


def nothing_stored() -> TwinTransaction:
    trail = TwinAuditTrail()
    accounts = TwinAccounts(trail)
    people = TwinPeople()
    return TwinTransaction(
        people=people,
        audit=trail,
        accounts=accounts,
        sessions=TwinSessions(accounts),
        calendar_feeds=TwinCalendarFeeds(trail),
        gifts=TwinGifts(),
        items=TwinItems(accounts),
        outbox=TwinOutbox(),
        announcements=TwinAnnouncements(people),
        orders=TwinOrders(),
        idempotency_keys=TwinIdempotencyKeys(),
        inbox=TwinInbox(),
        dead_letters=TwinDeadLetters(),
    )


@dataclass
class TwinUnitOfWork:
    """`stored` is what has been committed so far; `error` is what the next transactions fail with.

    The database is unavailable to as many transactions as `unavailable` says.
    """

    stored: TwinTransaction = field(default_factory=nothing_stored)
    error: Exception | None = None
    unavailable: int = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[TwinTransaction]:
        if self.error:
            raise self.error
        if self.unavailable > 0:
            self.unavailable -= 1
            raise UnavailableError("the database is unavailable")
        draft = deepcopy(self.stored)
        yield draft
        self.stored = draft


@dataclass
class TwinStampedPages:
    kept: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    async def get(self, page: str, stamp: Stamp, load: Load) -> bytes:
        current = await stamp()
        if self.kept.get(page, (None, b""))[0] != current:
            self.kept[page] = current, await load()
        return self.kept[page][1]


@dataclass
class TwinBus:
    """Nobody listens; it remembers what was published."""

    published: list[DomainEvent] = field(default_factory=list)

    async def publish(self, event: DomainEvent) -> None:
        self.published.append(event)


@dataclass
class TwinPersonLookup:
    unit_of_work: TwinUnitOfWork
    affected: Callable[[], Collection[int]] = list

    def find_nowait(self, username: str, callback: Callable[[int | None, Exception | None], None]) -> None:
        born = self.unit_of_work.stored.people.rows.get(username)
        callback(None if born is None else month_day(born), None)

    def save_nowait(
        self, username: str, born: date, callback: Callable[[None, Exception | None], None]
    ) -> None:
        self._store(self.unit_of_work.stored, {username: born})
        callback(None, None)

    def explain_find(self, error: Exception) -> Exception:
        return error

    def explain_save(self, error: Exception) -> Exception:
        return error

    async def find_month_day(self, username: str) -> int | None:
        async with self.unit_of_work.begin() as tx:
            born = tx.people.rows.get(username)
        return None if born is None else month_day(born)

    async def save(self, username: str, born: date) -> None:
        async with self.unit_of_work.begin() as tx:
            self._store(tx, {username: born})

    def _store(self, tx: TwinTransaction, births: Mapping[str, date]) -> None:
        tx.people.store(births, self.affected())
        tx.outbox.store_person_saved(births)

    async def list_stamp(self) -> int:
        return self.unit_of_work.stored.people.stamp
