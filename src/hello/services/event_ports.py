"""Everything that publishing and consuming events asks of the outside world, on one page."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeAlias

from hello.entities.dead_letters import DeadLetter
from hello.entities.events import Event


class EventPublisher(Protocol):
    async def publish(self, event: Event) -> None:
        """Return once the broker has confirmed that it has the event; else raise `UnavailableError`.

        It may have it all the same, when only its answer was lost.
        """
        ...


@dataclass(frozen=True, slots=True)
class OutboxBatch:
    """What a row of the outbox has to tell, in order: one event, or those of one statement."""

    id: int
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be published: in which shards, since when, and in how many rows (up to a bound)."""

    shards: Sequence[int]
    oldest: datetime | None
    depth: int


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session of the database that keeps others from the outbox: its process, and what it calls itself."""

    pid: int
    database: str
    application: str
    since: datetime

    def __str__(self) -> str:
        since = self.since.isoformat(timespec="seconds")
        return f"pid {self.pid} ({self.application or 'no name'}, database {self.database}) since {since}"


class Shard(Protocol):
    """A part of the outbox, of one relay alone until its block ends."""

    async def waiting(self, limit: int) -> Sequence[OutboxBatch]:
        """Return the first that are committed, in order; no more rows than it takes to have so many events.

        Those of one subject are committed in the order of their ids.
        """
        ...

    async def remove(self, ids: Collection[int]) -> None:
        """Have them gone when the block has ended without an error."""
        ...

    async def remove_subjects(self, row: int, subjects: Collection[str]) -> None:
        """Have only the events of these subjects gone from a row of several."""
        ...


class Shards(Protocol):
    async def backlog(self) -> Backlog: ...

    def claim(self, shard: int) -> AbstractAsyncContextManager[Shard | None]:
        """Give the shard to one relay; None while another one has it."""
        ...

    async def blocker(self) -> Blocker | None:
        """Return who has kept relays from the outbox for longer than a relay does, and longest."""
        ...


class Wakeup(Protocol):
    """Hears of one channel."""

    async def wait(self, timeout_s: float) -> bool:
        """Return True at once if there was a notification since the last wait, False after the time-out."""
        ...


class RelayMetrics(Protocol):
    def published(self, event_type: str) -> None: ...

    def tried(self, *, is_confirmed: bool) -> None: ...

    def backlog(self, lag_s: float, depth: int) -> None: ...

    def blocked(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which events a consumer handles; its name is for good: the broker and the inbox remember by it."""

    name: str
    types: frozenset[str]


class Inbox(Protocol):
    async def add(self, consumer: str, event_id: str, now: datetime) -> bool:
        """Note that the consumer has handled the event; return whether it was the first time."""
        ...

    async def clear(self, before: datetime, limit: int) -> int:
        """Forget at most so many of those handled before; return how many."""
        ...


class DeadLetters(Protocol):
    async def add(self, dead: DeadLetter) -> None:
        """Set it aside, unless it is already."""
        ...

    async def page(self, after: int, limit: int) -> Sequence[DeadLetter]:
        """Return at most `limit` after the id `after`, the oldest first."""
        ...

    async def find(self, dead_id: int) -> DeadLetter | None: ...

    async def take(self, dead_id: int) -> DeadLetter | None:
        """Remove and return it; None if another transaction has."""
        ...


class Outbox(Protocol):
    async def add(self, *events: Event) -> None:
        """Have them published, in order, once the transaction is committed, and never otherwise."""
        ...

    async def add_person_saved(self, births: Mapping[str, date]) -> None:
        """Have one event `person.saved` published for each of these people, as `add` does."""
        ...

    async def oldest(self) -> datetime | None:
        """Return the time of the first event that still waits to be published."""
        ...


Handle: TypeAlias = Callable[[Event], Awaitable[None]]


class ConsumerMetrics(Protocol):
    def counted(self, consumer: str, outcome: str) -> None: ...

    def lagged(self, consumer: str, seconds: float) -> None:
        """Take how long after the event its effect came."""
        ...
