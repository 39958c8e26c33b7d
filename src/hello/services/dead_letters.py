"""Events that a consumer could not handle: what they are, and handing them to it again.

Not by way of the outbox: that would bring them to every consumer again, and those that forget what they
have handled after some time would handle them twice. Here it is one transaction: gone from the dead, noted in
the inbox, and the effect. The second of two that try at once finds nothing to do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hello.core.clock import Clock
from hello.core.cursors import split_page
from hello.entities.dead_letters import DeadLetter
from hello.entities.errors import ConflictError, NotFoundError, UnavailableError
from hello.entities.events import Event
from hello.services.inbox import Effect, once
from hello.services.ports import Begin

PAGE = 100
REASON_LENGTH = 1000
NUL = "\N{SYMBOL FOR NULL}"


def dead_letter(consumer: str, event: Event, error: Exception, now: datetime) -> DeadLetter:
    return DeadLetter(
        consumer=consumer,
        event_id=storable(event.id),
        type=storable(event.type),
        subject=storable(event.subject),
        time=event.time,
        data=storable_data(event.data),
        traceparent=event.traceparent,
        reason=reason_of(error),
        died_at=now,
    )


def reason_of(error: Exception) -> str:
    """Return what can be stored of it as text."""
    return storable(f"{type(error).__name__}: {error}"[:REASON_LENGTH])


def storable(text: str) -> str:
    """Replace what PostgreSQL stores in no text: NUL and lone surrogates."""
    return text.replace("\0", NUL).encode(errors="replace").decode()


def storable_data(data: Any) -> Any:  # noqa: ANN401  # as JSON has it
    """Replace it in all texts of a JSON document: what cannot be set aside would stop its consumer."""
    if isinstance(data, str):
        return storable(data)
    if isinstance(data, Mapping):
        return {storable(str(name)): storable_data(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [storable_data(value) for value in data]
    return data


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many had their effect now, and why the others are still dead, by their ids."""

    done: int = 0
    failed: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterService:
    """`effects` by the names of the consumers."""

    begin: Begin
    effects: Mapping[str, Effect]
    now: Clock

    async def list(self, limit: int) -> Sequence[DeadLetter]:
        """Return the oldest first."""
        return await self._page(0, limit)

    async def page(self, after: int, limit: int) -> tuple[Sequence[DeadLetter], int | None]:
        """Return at most `limit` after this id, the oldest first, and the id after which more follow."""
        letters, has_more = split_page(await self._page(after, limit + 1), limit)
        return letters, letters[-1].id if has_more else None

    async def show(self, dead_id: int) -> DeadLetter:
        async with self.begin() as tx:
            letter = await tx.dead_letters.find(dead_id)
        if letter is None:
            raise missing(dead_id)
        return letter

    async def redrive(self, dead_id: int) -> None:
        """Hand it to its consumer again; raise `NotFoundError` when it is not (or no longer) dead.

        Raise `ConflictError` when it fails again: then it stays dead.
        """
        if not await self._redrive(dead_id):
            raise missing(dead_id)

    async def redrive_all(self) -> Redriven:
        """Hand each that is dead now to its consumer again, whatever happens to the others."""
        done, failed, after = 0, dict[int, str](), 0
        while page := await self._page(after, PAGE):
            for dead in page:
                try:
                    done += await self._redrive(dead.id)
                except ConflictError as error:
                    failed[dead.id] = str(error)
            after = page[-1].id
        return Redriven(done, failed)

    async def _page(self, after: int, limit: int) -> Sequence[DeadLetter]:
        async with self.begin() as tx:
            return await tx.dead_letters.page(after, limit)

    async def _redrive(self, dead_id: int) -> bool:
        """Return whether it was dead."""
        try:
            return await self._take_and_handle(dead_id)
        except UnavailableError:
            raise
        except Exception as error:
            raise ConflictError(f"dead letter {dead_id} failed again: {reason_of(error)}") from error

    async def _take_and_handle(self, dead_id: int) -> bool:
        async with self.begin() as tx:
            dead = await tx.dead_letters.take(dead_id)
            if dead is not None:
                await once(tx, dead.consumer, dead.event, self._effect(dead.consumer), self.now())
        return dead is not None

    def _effect(self, consumer: str) -> Effect:
        if consumer not in self.effects:
            raise ConflictError(f"no such consumer: {consumer}")
        return self.effects[consumer]


def missing(dead_id: int) -> NotFoundError:
    return NotFoundError(f"no dead letter {dead_id}")
