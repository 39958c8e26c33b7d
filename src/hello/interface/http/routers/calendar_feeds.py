"""One's own address of the birthdays for a calendar program."""

from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from hello.interface.http.dependencies import CalendarFeeds
from hello.interface.http.limits import limited
from hello.interface.http.paths import reference
from hello.interface.http.problems import problems
from hello.interface.http.readers import KEY
from hello.interface.http.security import CurrentCaller

CALENDAR = "/api/v1/birthdays/calendar.ics"
EXAMPLE = f"https://hello.example{CALENDAR}?{KEY}=k7Qm..."
router = APIRouter(
    prefix="/api/v1/users/me/calendar-feed", tags=["accounts"], dependencies=[Depends(limited("accounts"))]
)
ERRORS = problems(HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class CalendarFeedResponse(BaseModel):
    """Anyone who has the URL can read the calendar; it is shown only here."""

    model_config = ConfigDict(json_schema_extra={"example": {"url": EXAMPLE}})

    url: str


@router.post(
    "",
    operation_id="createCalendarFeed",
    status_code=HTTPStatus.CREATED,
    response_model=CalendarFeedResponse,
    responses=ERRORS,
)
async def create_feed(request: Request, caller: CurrentCaller, feeds: CalendarFeeds) -> Response:
    """Make a secret URL of the calendar; the account's former one no longer works."""
    query = urlencode({KEY: await feeds.create(caller)})
    body = CalendarFeedResponse(url=f"{address_of_calendar(request)}?{query}").model_dump_json()
    return Response(body, HTTPStatus.CREATED, {"Cache-Control": "no-store"}, media_type="application/json")


@router.delete("", operation_id="revokeCalendarFeed", status_code=HTTPStatus.NO_CONTENT, responses=ERRORS)
async def revoke_feed(caller: CurrentCaller, feeds: CalendarFeeds) -> Response:
    """Revoke the secret URL of the calendar, if there is one."""
    await feeds.revoke(caller)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def address_of_calendar(request: Request) -> str:
    """Return the URL below PUBLIC_URL, or else at the host that was asked."""
    if public_url := request.app.state.public_url:
        return f"{public_url}{CALENDAR}"
    return f"{request.url.scheme}://{request.url.netloc}{reference(request, CALENDAR)}"
