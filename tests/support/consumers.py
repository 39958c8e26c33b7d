"""A consumer on twins, with all that it works with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hello.entities.dead_letters import DeadLetter
from hello.entities.events import Event
from hello.services.consumers import Consumer
from hello.services.dead_letters import DeadLetterService
from hello.services.gifts import GIFTS, count_gift
from hello.services.ports import Transaction
from tests.support.builders import NOON
from tests.twins.events import Pauses, TwinDeadLetters, TwinInbox, TwinMetrics, an_event, fixed
from tests.twins.transaction import TwinUnitOfWork

TRIES = 3


@dataclass
class FailingEffect:
    """Counts the gift as it should, after so many errors."""

    errors: list[Exception] = field(default_factory=list)

    async def __call__(self, tx: Transaction, event: Event) -> None:
        await count_gift(tx, event)
        if self.errors:
            raise self.errors.pop()


@dataclass
class WatchedLetters(TwinDeadLetters):
    """Remembers how many were asked for at once, whichever transaction asked."""

    limits: list[int] = field(default_factory=list)

    def __deepcopy__(self, _: object) -> "WatchedLetters":
        return self

    async def page(self, after: int, limit: int) -> Sequence[DeadLetter]:
        self.limits.append(limit)
        return await super().page(after, limit)


@dataclass
class WatchedInbox(TwinInbox):
    limits: list[int] = field(default_factory=list)

    def __deepcopy__(self, _: object) -> "WatchedInbox":
        return self

    async def clear(self, before: datetime, limit: int) -> int:
        self.limits.append(limit)
        return await super().clear(before, limit)


@dataclass
class ConsumerFixture:
    """A consumer and all that it works with."""

    unit: TwinUnitOfWork = field(default_factory=TwinUnitOfWork)
    metrics: TwinMetrics = field(default_factory=TwinMetrics)
    pauses: Pauses = field(default_factory=Pauses)
    effect: FailingEffect = field(default_factory=FailingEffect)

    @property
    def consumer(self) -> Consumer:
        return Consumer(
            subscription=GIFTS,
            effect=self.effect,
            begin=self.unit.begin,
            metrics=self.metrics,
            now=fixed(NOON),
            tries=TRIES,
            sleep=self.pauses,
        )

    @property
    def dead(self) -> DeadLetterService:
        return DeadLetterService(begin=self.unit.begin, effects={GIFTS.name: self.effect}, now=fixed(NOON))

    def gifts(self, username: str) -> int:
        return self.unit.stored.gifts.rows[username]


async def died(incoming: ConsumerFixture, recipient: str | None = "Ada") -> Event:
    event = an_event(recipient=recipient)
    incoming.effect.errors = [KeyError("nope")] * TRIES
    await incoming.consumer.handle(event)
    return event
