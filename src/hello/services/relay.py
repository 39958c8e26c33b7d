"""The relay: publishes what waits in the outbox, each event at least once, those of one subject in order.

Any number of relays share the shards: one that finds a shard taken goes on with the next, each in an order
of its own.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from time import monotonic

from hello.core.clock import Clock
from hello.core.concurrency import gather_bounded, group_by
from hello.entities.errors import UnavailableError
from hello.entities.events import Event
from hello.services.event_ports import (
    Backlog,
    Blocker,
    EventPublisher,
    OutboxBatch,
    RelayMetrics,
    Shards,
    Wakeup,
)

SHARDS_AT_ONCE = 4
SUBJECTS_AT_ONCE = 64
FIRST_PAUSE_S = 0.01


class Progress:
    """How far the pass over one shard has come."""

    def __init__(self, waiting: Sequence[OutboxBatch]) -> None:
        self.published = 0
        self.has_failed = False
        self._rows = {row.id: len(row.events) for row in waiting}
        self._confirmed: dict[int, list[str]] = {row.id: [] for row in waiting}

    def confirmed(self, row: int, subject: str) -> None:
        self.published += 1
        self._confirmed[row].append(subject)

    @property
    def done(self) -> Sequence[int]:
        """Return the rows of which every event has been confirmed."""
        return [row for row, subjects in self._confirmed.items() if len(subjects) == self._rows[row]]

    @property
    def begun(self) -> Sequence[tuple[int, Sequence[str]]]:
        """Return the rows of which some events have been confirmed, with the subjects of these."""
        return [
            (row, subjects)
            for row, subjects in self._confirmed.items()
            if 0 < len(subjects) < self._rows[row]
        ]


@dataclass(slots=True, kw_only=True)
class Relay:
    """`batch` is how many events of a shard are published, within `deadline_s`, before they are removed.

    It is the probe `outbox` of readiness as well. `elapsed` is a clock in seconds that goes on while the
    process is stopped.
    """

    shards: Shards
    publisher: EventPublisher
    wakeup: Wakeup
    metrics: RelayMetrics
    now: Clock
    random: Random
    batch: int
    poll_s: float
    deadline_s: float
    elapsed: Callable[[], float] = monotonic
    name: str = "outbox"
    required: bool = False
    _pause_s: float = 0
    _blocker: Blocker | None = None

    async def step(self) -> bool:
        """Publish what can be; return whether there may be more."""
        return await self.run_once() > 0

    async def wait(self) -> None:
        """Return on a notification of the outbox, or when it is time to look again.

        Soon at first if rows are left: another relay may hold their shard, and its end sends no notification.
        """
        await self.wakeup.wait(self._pause_s)
        self._pause_s = min(2 * self._pause_s, self.poll_s)

    async def check(self) -> None:
        """Raise `UnavailableError`, which names the session that keeps relays from the outbox."""
        if self._blocker:
            raise UnavailableError("the outbox is locked", reason=f"the outbox is locked by {self._blocker}")

    async def run_once(self) -> int:
        """Go over all shards once; return how many events were published."""
        try:
            published, is_left = await self._pass()
        except UnavailableError:
            await self._look_for_blocker(is_stuck=True)
            raise
        await self._look_for_blocker(is_stuck=is_left and not published)
        return published

    async def _look_for_blocker(self, *, is_stuck: bool) -> None:
        """Ask only if nothing went out although something waits, or the outbox could not be read."""
        if not (is_stuck or self._blocker):
            return
        self._blocker = None
        with suppress(UnavailableError):
            self._blocker = await self.shards.blocker() if is_stuck else None
        seconds = (self.now() - self._blocker.since).total_seconds() if self._blocker else 0
        self.metrics.blocked(max(seconds, 0))

    async def _pass(self) -> tuple[int, bool]:
        """Return how many events were published, and whether any had been waiting."""
        backlog = await self.shards.backlog()
        self._tell(backlog)
        shards = self.random.sample(backlog.shards, len(backlog.shards))
        published = sum(await gather_bounded(SHARDS_AT_ONCE, self._relay, shards))
        if published or not backlog.shards:
            self._pause_s = min(FIRST_PAUSE_S, self.poll_s) if backlog.shards else self.poll_s
        return published, bool(backlog.shards)

    def _tell(self, backlog: Backlog) -> None:
        lag_s = (self.now() - backlog.oldest).total_seconds() if backlog.oldest else 0
        self.metrics.backlog(max(lag_s, 0), backlog.depth)

    async def _relay(self, number: int) -> int:
        ends_at = self.elapsed() + self.deadline_s
        async with self.shards.claim(number) as shard:
            if shard is None:
                return 0
            progress = await self._publish(await shard.waiting(self.batch), ends_at)
            if progress.done:
                await shard.remove(progress.done)
            for row, subjects in progress.begun:
                await shard.remove_subjects(row, subjects)
        return progress.published

    async def _publish(self, waiting: Sequence[OutboxBatch], ends_at: float) -> Progress:
        """Return what the broker has confirmed until the end, the deadline or the first failure."""
        progress = Progress(waiting)
        events = ((row.id, event) for row in waiting for event in row.events)
        by_subject = group_by(events, lambda one: one[1].subject)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.deadline_s):
                await gather_bounded(
                    SUBJECTS_AT_ONCE, partial(self._publish_subject, progress, ends_at), by_subject
                )
        return progress

    async def _publish_subject(
        self, progress: Progress, ends_at: float, events: Sequence[tuple[int, Event]]
    ) -> None:
        """Publish one after the other; begin nothing more once anything has failed, for any subject.

        A process that was stopped for longer than the deadline may have lost the shard: it publishes nothing
        more, before its timers can tell.
        """
        for row, event in events:
            if progress.has_failed or self.elapsed() >= ends_at:
                return
            try:
                await self.publisher.publish(event)
            except UnavailableError:
                progress.has_failed = True
            else:
                progress.confirmed(row, event.subject)
                self.metrics.published(event.type)
