"""Ending what lasts longer than a request when the access token expires or its session ends."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

from hello.core.clock import Clock
from hello.core.shutdown import ShutdownSignal
from hello.entities.errors import UnauthorizedError, UnavailableError
from hello.services.ports import Begin
from hello.services.security import Caller

ENDED = "the session is over"


@dataclass(slots=True, kw_only=True)
class SessionWatch:
    """Asks for all watched sessions in one query every `interval_s`, and not at all while none is watched.

    A token without a session was issued by an older release: only its expiry ends the stream.
    """

    begin: Begin
    now: Clock
    interval_s: float = 2
    _watched: dict[UUID, set[ShutdownSignal]] = field(default_factory=dict, init=False)
    _watching: asyncio.Task[None] | None = field(default=None, init=False)

    async def check(self, caller: Caller) -> None:
        """Raise `UnauthorizedError` when the caller's session has ended."""
        if caller.session_id and not await self._live({caller.session_id}):
            raise UnauthorizedError(ENDED)

    @contextmanager
    def watch(self, caller: Caller) -> Iterator[ShutdownSignal]:
        """Yield a `ShutdownSignal` that is set when the token expires or its session has ended."""
        ended, timer = ShutdownSignal(), None
        if caller.expires_at is not None:
            left_s = max(0.0, caller.expires_at - self.now().timestamp())
            timer = asyncio.get_running_loop().call_later(left_s, ended.set)
        self._add(caller.session_id, ended)
        try:
            yield ended
        finally:
            self._remove(caller.session_id, ended)
            if timer:
                timer.cancel()

    def _add(self, session_id: UUID | None, ended: ShutdownSignal) -> None:
        if session_id is None:
            return
        self._watched.setdefault(session_id, set()).add(ended)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch_all())

    def _remove(self, session_id: UUID | None, ended: ShutdownSignal) -> None:
        if session_id is None:
            return
        self._watched[session_id].discard(ended)
        if not self._watched[session_id]:
            del self._watched[session_id]
        if not self._watched and self._watching:
            self._watching.cancel()
            self._watching = None

    async def _watch_all(self) -> None:
        """Keep the streams open while the database is unavailable."""
        while True:
            await asyncio.sleep(self.interval_s)
            with suppress(UnavailableError):
                await self._end_others()

    async def _end_others(self) -> None:
        asked = set(self._watched)
        for session_id in asked - await self._live(asked):
            for ended in self._watched.get(session_id, ()):
                ended.set()

    async def _live(self, session_ids: set[UUID]) -> set[UUID]:
        async with self.begin() as tx:
            return set(await tx.sessions.find_live(session_ids, self.now()))
