"""Who celebrates: today, soon, and as a calendar."""

from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from hello.interface.http.cached_responses import CachedResponse, render_today, render_upcoming
from hello.interface.http.calendars import MEDIA_TYPE, CalendarWriter
from hello.interface.http.conditions import IfNoneMatch, is_known
from hello.interface.http.dependencies import Birthdays, Calendars
from hello.interface.http.large import LargeResponse, takes_gzip
from hello.interface.http.limits import limited
from hello.interface.http.pagination import birthday_cursor, cursors_of, next_link, open_birthday_cursor
from hello.interface.http.parameters import DEFAULT_DAYS, Cursor, Days, Limit
from hello.interface.http.problems import problems
from hello.interface.http.readers import KEY
from hello.interface.http.response_headers import tagged
from hello.interface.http.schemas.birthdays import TodayResponse, UpcomingResponse
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
    request: Request, birthdays: Birthdays, zone: Zone, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """List who celebrates today, by name; a cursor goes on with the list of its own day."""
    place = open_birthday_cursor(cursors_of(request), "today", cursor, birthdays.today(zone))
    render = partial(render_today, cursors_of(request), request.scope["path"], limit)
    rendered = await birthdays.rendered_today(place.day, place.after[1], limit, render)
    return CachedResponse.unpack(rendered).to_response(HTTPStatus.OK)


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
    days: Days = DEFAULT_DAYS,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """List who celebrates from tomorrow on, soonest first, then by name."""
    place = open_birthday_cursor(cursors_of(request), "upcoming", cursor, birthdays.today(zone))
    page = await birthdays.celebrating(place.day, 1, days, place.after, limit)
    rendered = render_upcoming(page, cursors_of(request), request.scope["path"], days, limit)
    return rendered.to_response(HTTPStatus.OK)


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
    cursor: Cursor = None,
) -> Response:
    """Give a calendar program an event for each who celebrates within these days, today included."""
    place = open_birthday_cursor(cursors_of(request), "calendar", cursor, calendars.today())
    writer: CalendarWriter = request.app.state.calendar
    query = CalendarQuery(place.day, days, place.after)
    file = await calendars.read(query, writer.write)
    zipped = takes_gzip(request.headers.get("Accept-Encoding", ""))
    following = birthday_cursor(cursors_of(request), "calendar", place.day, file.last)
    headers = {
        "ETag": file.gzipped_tag if zipped else file.tag,
        "Cache-Control": writer.cache_control,
        "Vary": "Accept-Encoding",
        **next_link(request.scope["path"], following, days=days, **feed_key(request)),
    }
    if is_known(if_none_match, file.tag) or is_known(if_none_match, file.gzipped_tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    encoding = {"Content-Encoding": "gzip"} if zipped else {}
    body = file.gzipped if zipped else file.body
    return LargeResponse(body, media_type=MEDIA_TYPE, headers=headers | encoding)


def feed_key(request: Request) -> dict[str, str]:
    """Return the key by which the calendar was asked for: the next part needs it too."""
    return {name: value for name, value in request.query_params.items() if name == KEY}
