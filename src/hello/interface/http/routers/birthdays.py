"""Who celebrates: today, soon, and as a calendar."""

from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from hello.interface.http.calendars import MEDIA_TYPE, calendar_of
from hello.interface.http.dependencies import Birthdays
from hello.interface.http.limits import limited
from hello.interface.http.problems import problems
from hello.interface.http.schemas.birthdays import (
    CursorText,
    Days,
    TodayResponse,
    UpcomingResponse,
    cursors_of,
    open_cursor,
    person_upcoming,
    render_today,
    seal_cursor,
)
from hello.interface.http.schemas.people import Zone
from hello.interface.http.schemas.texts import Limit

ERRORS = problems(HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
EXAMPLE = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Hello//Birthdays//EN\r\nBEGIN:VEVENT\r\n"
    "UID:birthday-John@hello\r\nDTSTAMP:20260615T120000Z\r\nDTSTART;VALUE=DATE:19900517\r\n"
    "RRULE:FREQ=YEARLY\r\nSUMMARY:John's birthday\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
LINK = {"Link": {"description": 'The next page, `rel="next"`', "schema": {"type": "string"}}}
router = APIRouter(
    prefix="/api/v1/birthdays", tags=["birthdays"], dependencies=[Depends(limited("birthdays"))]
)


def ok(**content: object) -> dict[int | str, dict[str, Any]]:
    return {HTTPStatus.OK.value: {"headers": LINK} | content}


@router.get(
    "/today", operation_id="listBirthdaysToday", response_model=TodayResponse, responses=ERRORS | ok()
)
async def list_today(
    request: Request, birthdays: Birthdays, zone: Zone, limit: Limit = 20, cursor: CursorText = None
) -> Response:
    """List who celebrates today, by name; a cursor goes on with the list of its own day."""
    place = open_cursor(request, "today", cursor, birthdays.today(zone))
    rendered = await birthdays.rendered_today(
        place.day, place.username, limit, partial(render_today, cursors_of(request))
    )
    following, _, body = rendered.partition(b"\n")
    return Response(body, media_type="application/json", headers=link(request, following.decode(), limit))


@router.get(
    "/upcoming",
    operation_id="listBirthdaysUpcoming",
    response_model=UpcomingResponse,
    responses=ERRORS | ok(),
)
async def list_upcoming(
    request: Request,
    birthdays: Birthdays,
    zone: Zone,
    days: Days = 7,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """List who celebrates from tomorrow on, soonest first, then by name."""
    place = open_cursor(request, "upcoming", cursor, birthdays.today(zone))
    page = await birthdays.celebrating(place.day, 1, days, (place.in_days, place.username), limit)
    following = seal_cursor(cursors_of(request), "upcoming", page)
    people = [person_upcoming(person) for person in page.people]
    body = UpcomingResponse(date=page.day, people=people, next_cursor=following)
    headers = link(request, following, limit, days=days)
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)


@router.get(
    "/calendar.ics",
    operation_id="readBirthdayCalendar",
    response_class=StreamingResponse,
    responses=ERRORS
    | ok(content={MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}}, headers={}),
)
async def read_calendar(birthdays: Birthdays, days: Days = 366) -> StreamingResponse:
    """Give a calendar program an event for everyone who celebrates within these days, today included."""
    people = birthdays.everyone(days)
    return StreamingResponse(calendar_of(people, birthdays.now(), birthdays.leap_day), media_type=MEDIA_TYPE)


def link(request: Request, following: str | None, limit: int, **more: int) -> dict[str, str]:
    """Return the header that names the next page (RFC 8288)."""
    if not following:
        return {}
    query = urlencode({"limit": limit, **more, "cursor": following})
    return {"Link": f'<{request.scope["path"]}?{query}>; rel="next"'}
