"""In-memory twins of the ports for publishing and consuming events, and what tests of those need."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import count

from hello.core.clock import Clock
from hello.entities.dead_letters import DeadLetter
from hello.entities.errors import UnavailableError
from hello.entities.events import PERSON_SAVED, Event
from hello.services.event_ports import Backlog, Blocker, OutboxBatch
from tests.support.builders import NOON, a_name


def an_event(
    subject: str | None = None, event_type: str = "order.shipped", recipient: str | None = None
) -> Event:
    return Event(
        id=a_name(),
        type=event_type,
        subject=subject or a_name(),
        time=NOON,
        data={"recipient": recipient},
    )


def numbered(subjects: Collection[str], each: int) -> list[Event]:
    """Return events of all the subjects in turn; `data` says which of its subject each is."""
    return [
        replace(an_event(subject), data={"number": number}) for number in range(each) for subject in subjects
    ]


def numbers_by_subject(events: Sequence[Event]) -> dict[str, list[int]]:
    """Return the numbers in the order of their first arrival."""
    found: dict[str, dict[int, None]] = {}
    for event in events:
        found.setdefault(event.subject, {}).setdefault(event.data["number"])
    return {subject: list(numbers) for subject, numbers in found.items()}


@dataclass
class TwinOutbox:
    """Remembers the events that a transaction has added; a packed row of people as its events."""

    events: list[Event] = field(default_factory=list)
    rows: int = 0

    async def add(self, *events: Event) -> None:
        self.events += events

    async def add_person_saved(self, births: Mapping[str, date]) -> None:
        self.store_person_saved(births)

    async def oldest(self) -> datetime | None:
        return self.events[0].time if self.events else None

    def store_person_saved(self, births: Mapping[str, date]) -> None:
        self.rows += 1
        self.events += [
            Event(
                id=f"person-{self.rows}-{username}",
                type=PERSON_SAVED,
                subject=username,
                time=NOON,
                data={"username": username, "dateOfBirth": births[username].isoformat()},
            )
            for username in sorted(births)
        ]


@dataclass
class TwinPublisher:
    """`failures` is how often each of those with this id fails from now on, `delay_s` how long all take."""

    failures: dict[str, int] = field(default_factory=dict)
    delay_s: float = 0
    published: list[Event] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    async def publish(self, event: Event) -> None:
        self.tried.append(event.id)
        await asyncio.sleep(self.delay_s)
        if self.failures.get(event.id, 0) > 0:
            self.failures[event.id] -= 1
            raise UnavailableError("the broker is unavailable")
        self.published.append(event)


@dataclass
class TwinShard:
    rows: dict[int, list[Event]]
    number: int

    async def waiting(self, limit: int) -> Sequence[OutboxBatch]:
        waiting: list[OutboxBatch] = []
        for row, events in self.rows.items():
            if events[0].shard == self.number and sum(len(one.events) for one in waiting) < limit:
                waiting.append(OutboxBatch(row, events))
        return waiting

    async def remove(self, ids: Collection[int]) -> None:
        for row in ids:
            del self.rows[row]

    async def remove_subjects(self, row: int, subjects: Collection[str]) -> None:
        self.rows[row] = [event for event in self.rows[row] if event.subject not in subjects]


@dataclass
class TwinShards:
    """`taken` are shards that another relay has."""

    rows: dict[int, list[Event]] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    blocking: Blocker | None = None
    claimed: list[int] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def add(self, *events: Event) -> None:
        """Store each in a row of its own."""
        for event in events:
            self.add_row(event)

    def add_row(self, *events: Event) -> None:
        self.rows[next(self.numbers)] = list(events)

    @property
    def left(self) -> list[Event]:
        return [event for events in self.rows.values() for event in events]

    async def backlog(self) -> Backlog:
        filled = {event.shard for event in self.left}
        oldest = min((event.time for event in self.left), default=None)
        return Backlog(sorted(filled), oldest, len(self.rows))

    async def blocker(self) -> Blocker | None:
        return self.blocking

    @asynccontextmanager
    async def claim(self, shard: int) -> AsyncIterator[TwinShard | None]:
        if shard in self.taken:
            yield None
            return
        self.claimed.append(shard)
        draft = TwinShard(dict(self.rows), shard)
        yield draft
        for row in list(self.rows):
            if row in draft.rows:
                self.rows[row] = draft.rows[row]
            else:
                del self.rows[row]


@dataclass
class TwinWakeup:
    """Never told anything; remembers how long was waited."""

    waits: list[float] = field(default_factory=list)

    async def wait(self, timeout_s: float) -> bool:
        self.waits.append(timeout_s)
        return False


@dataclass
class TwinMetrics:
    """Of relays and consumers alike."""

    types: Counter[str] = field(default_factory=Counter)
    tries: Counter[bool] = field(default_factory=Counter)
    lags: list[tuple[str, float]] = field(default_factory=list)
    blocked_s: float = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    lag_s: float | None = None
    depth: int | None = None

    def published(self, event_type: str) -> None:
        self.types[event_type] += 1

    def tried(self, *, is_confirmed: bool) -> None:
        self.tries[is_confirmed] += 1

    def backlog(self, lag_s: float, depth: int) -> None:
        self.lag_s, self.depth = lag_s, depth

    def blocked(self, seconds: float) -> None:
        self.blocked_s = seconds

    def counted(self, consumer: str, outcome: str) -> None:
        self.outcomes[f"{consumer} {outcome}"] += 1

    def lagged(self, consumer: str, seconds: float) -> None:
        self.lags.append((consumer, seconds))


@dataclass
class TwinInbox:
    rows: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def add(self, consumer: str, event_id: str, now: datetime) -> bool:
        is_first = (consumer, event_id) not in self.rows
        self.rows.setdefault((consumer, event_id), now)
        return is_first

    async def clear(self, before: datetime, limit: int) -> int:
        old = [key for key, handled_at in self.rows.items() if handled_at < before][:limit]
        for key in old:
            del self.rows[key]
        return len(old)


@dataclass
class TwinDeadLetters:
    rows: dict[int, DeadLetter] = field(default_factory=dict)

    async def add(self, dead: DeadLetter) -> None:
        if (dead.consumer, dead.event_id) not in {(one.consumer, one.event_id) for one in self.rows.values()}:
            dead.id = max(self.rows, default=0) + 1
            self.rows[dead.id] = dead

    async def page(self, after: int, limit: int) -> Sequence[DeadLetter]:
        return [dead for dead_id, dead in sorted(self.rows.items()) if dead_id > after][:limit]

    async def find(self, dead_id: int) -> DeadLetter | None:
        return self.rows.get(dead_id)

    async def take(self, dead_id: int) -> DeadLetter | None:
        return self.rows.pop(dead_id, None)


@dataclass
class Pauses:
    """Instead of sleeping."""

    slept: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def fixed(time: datetime) -> Clock:
    return lambda: time
