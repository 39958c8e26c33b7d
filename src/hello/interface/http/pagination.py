"""Keyset pagination: a cursor names the list and where its last page ended, and is opaque to clients."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request

from hello.core.cursors import Cursors
from hello.entities.errors import InvalidError

BEGINNING = (-1, "")
EXAMPLE = "3q2-7wAAAAAAAAAAAAAAAHRvZGF5"
Place = TypeVar("Place")
BirthdayList: TypeAlias = Literal["today", "upcoming", "calendar"]


def cursors_of(request: Request) -> Cursors:
    cursors: Cursors = request.app.state.cursors
    return cursors


def open_cursor(
    cursors: Cursors, cursor: str | None, kind: tuple[str, ...], parse: Callable[[list[str]], Place]
) -> Place | None:
    """Return where the next page begins, as `parse` reads it from the parts, or None without a cursor.

    Raise `InvalidError` for a cursor of another list, and for one that the service did not make.
    """
    if cursor is None:
        return None
    try:
        return parse(cursors.open_as(cursor, *kind))
    except ValueError:
        raise InvalidError("is not a cursor of this list", field="cursor") from None


def single(parts: list[str]) -> str:
    """Return the only part; raise `ValueError` if there are others."""
    (part,) = parts
    return part


def next_link(path: str, cursor: str | None, **query: int | str) -> dict[str, str]:
    """Return the header that names the next page (RFC 8288), if there is one."""
    if not cursor:
        return {}
    return {"Link": f'<{path}?{urlencode(query | {"cursor": cursor})}>; rel="next"'}


@dataclass(frozen=True, slots=True)
class BirthdayPlace:
    """Where a page of the list of `day` begins: after these days ahead and this name."""

    day: date
    after: tuple[int, str] = BEGINNING


def open_birthday_cursor(
    cursors: Cursors, which: BirthdayList, cursor: str | None, day: date
) -> BirthdayPlace:
    """Return where the cursor leads, without one the beginning of the day's list; raise `InvalidError`."""

    def parse(parts: list[str]) -> BirthdayPlace:
        opened, in_days, username = parts
        return BirthdayPlace(date.fromisoformat(opened), (int(in_days), username))

    return open_cursor(cursors, cursor, (which,), parse) or BirthdayPlace(day)


def birthday_cursor(
    cursors: Cursors, which: BirthdayList, day: date, last: tuple[int, str] | None
) -> str | None:
    """Return the cursor of the page after `last`, the days ahead and the name; None at the end."""
    if last is None:
        return None
    in_days, username = last
    return cursors.seal(which, day.isoformat(), str(in_days), username)


def audit_place(cursors: Cursors, cursor: str | None) -> int | None:
    """Return the id below which a page of the audit trail begins; raise `InvalidError`."""
    return open_cursor(cursors, cursor, ("audit",), lambda parts: int(single(parts)))


def audit_cursor(cursors: Cursors, before: int | None) -> str | None:
    return None if before is None else cursors.seal("audit", str(before))


def dead_letter_place(cursors: Cursors, cursor: str | None) -> int:
    """Return the id after which a page of dead letters begins; raise `InvalidError`."""
    return open_cursor(cursors, cursor, ("dead letters",), lambda parts: int(single(parts))) or 0


def dead_letter_cursor(cursors: Cursors, after: int | None) -> str | None:
    return None if after is None else cursors.seal("dead letters", str(after))


def order_place(cursors: Cursors, cursor: str | None, status: str | None) -> UUID | None:
    """Return the id below which a page of orders begins; raise `InvalidError`."""
    return open_cursor(cursors, cursor, ("orders", status or ""), lambda parts: UUID(single(parts)))


def order_cursor(cursors: Cursors, status: str | None, before: UUID | None) -> str | None:
    return None if before is None else cursors.seal("orders", status or "", str(before))
