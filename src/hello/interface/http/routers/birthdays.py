"""Who celebrates: today, soon, and as a calendar."""

from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from hello.interface.http.calendars import MEDIA_TYPE, CalendarWriter
from hello.interface.http.conditions import IfNoneMatch, is_known
from hello.interface.http.dependencies import Birthdays, Calendars
from hello.interface.http.large import LargeResponse, takes_gzip
from hello.interface.http.limits import limited
from hello.interface.http.problems import problems
from hello.interface.http.readers import KEY
from hello.interface.http.response_headers import tagged
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
from hello.interface.http.schemas.paging import Limit
from hello.interface.http.schemas.people import Zone
from hello.services.calendars import CalendarQuery

ERRORS = problems(HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
EXAMPLE = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Hello//Birthdays//EN\r\nBEGIN:VEVENT\r\n"
    "UID:birthday-John@hello.example\r\nDTSTAMP:19700101T000000Z\r\nDTSTART;VALUE=DATE:19900517\r\n"
    "RRULE:FREQ=YEARLY\r\nSUMMARY:John's birthday\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
LINK = {"Link": {"description": 'The next page, `rel="next"`', "schema": {"type": "string"}}}
TAGGED = tagged("calendar")
LIMITED = Depends(limited("birthdays"))
router = APIRouter(prefix="/api/v1/birthdays", tags=["birthdays"], dependencies=[LIMITED])
calendar = APIRouter(prefix="/api/v1/birthdays", tags=["birthdays"], dependencies=[LIMITED])


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
    return Response(
        body, media_type="application/json", headers=link(request, following.decode(), limit=limit)
    )


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
    following = seal_cursor(cursors_of(request), "upcoming", page.day, page.last)
    people = [person_upcoming(person) for person in page.people]
    body = UpcomingResponse(date=page.day, people=people, next_cursor=following)
    headers = link(request, following, limit=limit, days=days)
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)


@calendar.get(
    "/calendar.ics",
    operation_id="readBirthdayCalendar",
    response_class=Response,
    responses=ERRORS
    | ok(content={MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}}, headers=LINK | TAGGED)
    | {HTTPStatus.NOT_MODIFIED.value: {"description": "You have it already", "headers": TAGGED}},
)
async def read_calendar(
    request: Request,
    calendars: Calendars,
    if_none_match: IfNoneMatch,
    days: Days = 366,
    cursor: CursorText = None,
) -> Response:
    """Give a calendar program an event for each who celebrates within these days, today included."""
    place = open_cursor(request, "calendar", cursor, calendars.today())
    writer: CalendarWriter = request.app.state.calendar
    query = CalendarQuery(place.day, days, (place.in_days, place.username))
    file = await calendars.read(query, writer.write)
    zipped = takes_gzip(request.headers.get("Accept-Encoding", ""))
    following = seal_cursor(cursors_of(request), "calendar", place.day, file.last)
    headers = {
        "ETag": file.gzipped_tag if zipped else file.tag,
        "Cache-Control": writer.cache_control,
        "Vary": "Accept-Encoding",
        **link(request, following, days=days, **feed_key(request)),
    }
    if is_known(if_none_match, file.tag) or is_known(if_none_match, file.gzipped_tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    encoding = {"Content-Encoding": "gzip"} if zipped else {}
    body = file.gzipped if zipped else file.body
    return LargeResponse(body, media_type=MEDIA_TYPE, headers=headers | encoding)


def feed_key(request: Request) -> dict[str, str]:
    """Return the key by which the calendar was asked for: the next part needs it too."""
    return {name: value for name, value in request.query_params.items() if name == KEY}


def link(request: Request, following: str | None, **query: int | str) -> dict[str, str]:
    """Return the header that names the next page (RFC 8288)."""
    if not following:
        return {}
    given = urlencode(query | {"cursor": following})
    return {"Link": f'<{request.scope["path"]}?{given}>; rel="next"'}
