"""Birthdays as a calendar file, made when people have changed and kept until then."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from functools import partial
from typing import TypeAlias

from hello.core.clock import Clock, today
from hello.core.single_flight import SingleFlight
from hello.core.throttle import Throttle, ThrottledError
from hello.entities.birthdays import LeapDay, celebration_in, next_celebrations
from hello.entities.errors import BusyError
from hello.services.lookups import BirthdayPageKey, Lookup

PAUSE_S, MAX_WAITING, MAX_FILES = 0.1, 16, 8


@dataclass(frozen=True, slots=True)
class CalendarQuery:
    """The birthdays from `day` on, within `days`; `after` is where the part before has ended."""

    day: date
    days: int
    after: tuple[int, str] = (-1, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarContent:
    """A line for each person, `John19900517`; `last` is where the next part goes on, None at the end."""

    lines: Sequence[str]
    leap_day: LeapDay
    last: tuple[int, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFile:
    """The file as it is and compressed; the entity tags name those very bytes."""

    body: bytes
    tag: str
    gzipped: bytes
    gzipped_tag: str
    last: tuple[int, str] | None


Render: TypeAlias = Callable[[CalendarContent], Awaitable[CalendarFile]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarService:
    """`max_events` is how many birthdays a file has at most."""

    lookup: Lookup[BirthdayPageKey, str]
    now: Clock
    zone: tzinfo
    leap_day: LeapDay
    max_events: int
    _throttle: Throttle = field(default_factory=lambda: Throttle(PAUSE_S, MAX_WAITING))
    _single_flight: SingleFlight[CalendarQuery, CalendarFile] = field(default_factory=SingleFlight)
    _files: OrderedDict[CalendarQuery, tuple[str, CalendarFile]] = field(default_factory=OrderedDict)

    def today(self) -> date:
        return today(self.now, self.zone)

    async def read(self, query: CalendarQuery, render: Render) -> CalendarFile:
        """Return the file, not older than the call; raise `BusyError`. Equal queries share one file."""
        return await self._single_flight.share(query, partial(self._read, query, render))

    async def _read(self, query: CalendarQuery, render: Render) -> CalendarFile:
        try:
            async with self._throttle.call():
                return await self._current(query, render)
        except ThrottledError:
            raise BusyError("too many different calendars are being made; try again in a moment") from None

    async def _current(self, query: CalendarQuery, render: Render) -> CalendarFile:
        """Compare what is stored with what the kept file was made from: to make one costs far more."""
        limit = self.max_events + 1
        key = BirthdayPageKey(query.day, 0, query.days, self.leap_day, query.after, limit)
        text = await self.lookup.find(key) or ""
        source, kept = self._files.pop(query, ("", None))
        if kept is None or source != text:
            kept = await render(self._content(text, query.day))
        self._keep(query, text, kept)
        return kept

    def _content(self, text: str, day: date) -> CalendarContent:
        all_lines = text.split("\n") if text else []
        lines = all_lines[: self.max_events]
        if len(all_lines) == len(lines):
            return CalendarContent(lines=lines, leap_day=self.leap_day, last=None)
        person = celebration_in(lines[-1], next_celebrations(day, 0, self.leap_day))
        return CalendarContent(lines=lines, leap_day=self.leap_day, last=(person.in_days, person.username))

    def _keep(self, query: CalendarQuery, text: str, file: CalendarFile) -> None:
        """Keep the files that were asked for last, and bound the memory that they take."""
        self._files[query] = text, file
        while len(self._files) > MAX_FILES:
            self._files.popitem(last=False)
