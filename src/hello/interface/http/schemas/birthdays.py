"""Lists of birthdays as JSON, and the cursors that lead through them."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias

from fastapi import Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from hello.core.cursors import Cursors
from hello.entities.birthdays import Celebration
from hello.entities.errors import InvalidError
from hello.interface.http.schemas.paging import whole
from hello.interface.http.schemas.texts import NotEmpty
from hello.services.birthdays import BirthdayPage

Days = Annotated[
    int, Field(ge=1, le=366), BeforeValidator(whole), Query(description="How many days to look ahead")
]
CursorText = Annotated[
    NotEmpty | None, Query(alias="cursor", description="`next_cursor` of the previous page")
]
CURSOR = "3q2-7wAAAAAAAAAAAAAAAHRvZGF5"
List: TypeAlias = Literal["today", "upcoming", "calendar"]


class BirthdayToday(BaseModel):
    username: str
    turns: int


class BirthdayUpcoming(BirthdayToday):
    date: date
    in_days: int


class TodayResponse(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "date": "2026-06-15",
                "people": [{"username": "John", "turns": 36}],
                "next_cursor": CURSOR,
            }
        }
    )

    date: date
    people: list[BirthdayToday]
    next_cursor: str | None


class UpcomingResponse(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "date": "2026-06-15",
                "people": [{"username": "Jane", "turns": 30, "date": "2026-06-17", "in_days": 2}],
                "next_cursor": CURSOR,
            }
        }
    )

    date: date
    people: list[BirthdayUpcoming]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: the day the list is of, and the days ahead and the name behind which to go on."""

    day: date
    in_days: int = -1
    username: str = ""


def open_cursor(request: Request, which: List, cursor: str | None, day: date) -> Position:
    """Return where the cursor leads, the beginning of the day's list without one; raise `InvalidError`."""
    if cursor is None:
        return Position(day)
    try:
        kind, opened, in_days, username = cursors_of(request).open(cursor)
        position = Position(date.fromisoformat(opened), int(in_days), username)
    except ValueError:
        raise InvalidError("is not one that was handed out here", field="cursor") from None
    if kind != which:
        raise InvalidError("belongs to another list", field="cursor")
    return position


def seal_cursor(cursors: Cursors, which: List, day: date, last: tuple[int, str] | None) -> str | None:
    if last is None:
        return None
    in_days, username = last
    return cursors.seal(which, day.isoformat(), str(in_days), username)


def render_today(cursors: Cursors, page: BirthdayPage) -> bytes:
    """Return the cursor of the next page, empty at the end, and the body behind it on a line of its own."""
    people = [person_today(person) for person in page.people]
    following = seal_cursor(cursors, "today", page.day, page.last)
    body = TodayResponse(date=page.day, people=people, next_cursor=following).model_dump_json()
    return f"{following or ''}\n{body}".encode()


def cursors_of(request: Request) -> Cursors:
    found: Cursors = request.app.state.cursors
    return found


def person_today(person: Celebration) -> BirthdayToday:
    return BirthdayToday(username=person.username, turns=person.turns)


def person_upcoming(person: Celebration) -> BirthdayUpcoming:
    return BirthdayUpcoming(
        username=person.username, turns=person.turns, date=person.day, in_days=person.in_days
    )
